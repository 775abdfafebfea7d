/// Metrics, read by Prometheus' own library for Python.
public enum Prometheus {
    /// Prints each sample as `name{label=value,...} value`, values as Python writes them, and refuses what the library
    /// reads without complaint though it is wrong: counters that are not called so, samples that come twice.
    private static let reader = """
        import sys
        try:
            from prometheus_client.parser import text_string_to_metric_families
        except ImportError:
            sys.exit("python3-prometheus-client is missing: apt-get install -y python3-prometheus-client")
        seen = set()
        for family in text_string_to_metric_families(open(sys.argv[1], encoding="utf-8", newline="").read()):
            assert family.documentation and family.type in ("counter", "gauge"), family
            assert family.samples, family
            for sample in family.samples:
                assert sample.name.endswith("_total") == (family.type == "counter"), sample
                labels = ",".join("%s=%r" % pair for pair in sorted(sample.labels.items()))
                key = "%s{%s}" % (sample.name, labels)
                assert key not in seen, key
                seen.add(key)
                print("%s %r" % (key, sample.value))
        """

    /// The samples of `text`, as in `herald_changes_total{database='db'} 5.0`; throws a ``TestFailure`` if it is no
    /// exposition.
    public static func read(_ text: String) async throws -> [String] {
        let folder = try TemporaryFolder()
        let python = try HeraldProcess(
            executable: "/usr/bin/python3",
            [try folder.write("reader.py", reader), try folder.write("metrics", text)],
            environment: ["PYTHONUTF8": "1"]
        )
        guard try await python.waitForExit() == .status(0) else {
            throw TestFailure("the parser refuses the metrics: \(python.stderr)")
        }
        return python.stdout
    }
}
