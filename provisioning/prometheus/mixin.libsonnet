// The exporter's recording and alert rules as a mixin (https://monitoring.mixins.dev). An installation that uses jsonnet
// imports this file and overrides _config; for all others the same rules are in rules.yaml and alerts.yaml.
(import 'config.libsonnet') +
(import 'rules.libsonnet') +
(import 'alerts.libsonnet')
