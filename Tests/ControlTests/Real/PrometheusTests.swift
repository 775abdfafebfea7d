import Status
import TestSupport
import Testing

@testable import Control

@Suite("Metrics, read by Prometheus' own library")
struct PrometheusTests {
    @Test("Every metric is read with its labels and its value")
    func all() async throws {
        var books = Metrics.Books()
        let samples = try await Prometheus.read(Metrics.text(.healthy, &books))
        #expect(
            samples == [
                "herald_up{} 1.0",
                "herald_build_info{version='1.2.3'} 1.0",
                "herald_uptime_seconds{} 61.5",
                "herald_configuration_faults{} 0.0",
                "herald_reloads_total{} 2.0",
                "herald_problems{} 0.0",
                "herald_server_up{} 1.0",
                "herald_server_bell{} 1.0",
                "herald_databases{} 1.0",
                "herald_changes_total{database='db'} 5.0",
                "herald_feed_reconnects_total{database='db'} 1.0",
                "herald_feed_open{database='db'} 1.0",
                "herald_notifier_up{notifier='n'} 1.0",
                "herald_notifier_restarts_total{notifier='n'} 2.0",
                "herald_notifier_lines_total{notifier='n'} 11.0",
                "herald_notifier_merged_total{notifier='n'} 12.0",
                "herald_notifier_lag_seconds{notifier='n'} 0.25",
                "herald_notifier_waiting_bytes{notifier='n'} 9.0",
                "herald_notifier_unconfirmed{notifier='n'} 2.0",
                "herald_notifier_dead_letters{notifier='n'} 0.0",
                "herald_notifier_delivery{delivery='live',notifier='n'} 1.0",
                "herald_notifier_delivery{delivery='behind',notifier='n'} 0.0",
                "herald_notifier_delivery{delivery='catching_up',notifier='n'} 0.0",
                "herald_daemon_up{daemon='o'} 1.0",
                "herald_daemon_halted{daemon='o'} 0.0",
                "herald_daemon_restarts_total{daemon='o'} 1.0",
                "herald_daemon_failures{daemon='o'} 1.0",
                "herald_store_bytes{} 4096.0",
                "herald_store_errors{} 0.0",
                "herald_store_last_save_timestamp_seconds{} 1795255201.5",
            ]
        )
    }

    @Test("Names with backslashes, quotes, newlines and braces come through as they are")
    func strangeNames() async throws {
        let name = "a\\b\"c\nd} 1 {e=\"f,ü"
        var report = StatusReport.healthy
        report.databases = [name: DatabaseStatus(feed: .waiting, changes: 3)]
        report.notifiers = [:]
        report.daemons = [:]
        report.store.lastSave = nil
        report.store.lastError = Mishap("full", at: "")
        var books = Metrics.Books()
        let samples = try await Prometheus.read(Metrics.text(report, &books))
        #expect(samples.contains(#"herald_changes_total{database='a\\b"c\nd} 1 {e="f,ü'} 3.0"#))
        #expect(samples.contains("herald_up{} 0.0"))
        #expect(samples.contains("herald_store_errors{} 1.0"))
    }
}
