public import Control
public import Settings

extension Control.ListenAddress {
    /// What `[herald] listen` names.
    init(_ address: Settings.ListenAddress) {
        self.init(host: address.host, port: address.port)
    }
}

extension ControlFault {
    /// The fault as one of the configuration that leads to it.
    public func fault(in settings: HeraldSettings) -> Fault {
        let key =
            switch kind {
            case .addressTaken, .addressUnusable: "listen"
            case .socket: "state_dir"
            case .token: "token_file"
            }
        let value = settings.layers["herald", key]
        return Fault(
            file: value?.file ?? settings.control.place.file,
            line: value?.line,
            message: "\(key): \(place): \(message)",
            hint: hint
        )
    }
}
