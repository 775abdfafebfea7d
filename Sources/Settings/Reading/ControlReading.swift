// `listen` and `token_file` in `[herald]`.

extension SettingsReader {
    mutating func readControl() -> ControlSettings {
        let value = layers["herald", "listen"]
        let place = value.map { Place($0) } ?? nowhere
        var control = ControlSettings(place: ConfigurationPlace(file: place.file, line: place.line))
        if layers.isEmptied("herald", "listen") {
            control.listen = nil
        } else {
            control.listen =
                take("herald", "listen") { (value) throws(Complaint) in try ListenAddress(parsing: value.text) }
                ?? control.listen
        }
        control.tokenFile = readableSecret("herald", "token_file")
        return control
    }
}
