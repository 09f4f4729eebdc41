// The mixin's rules as files for Prometheus and vmalert. They are committed, so that nobody needs jsonnet to install them.
local mixin = import 'mixin.libsonnet';

local written(rules) =
  '# Written by go generate ./provisioning/prometheus from mixin.libsonnet; thresholds are in config.libsonnet.\n' +
  std.manifestYamlDoc(rules, indent_array_in_object=true, quote_keys=false);

{
  'rules.yaml': written(mixin.prometheusRules),
  'alerts.yaml': written(mixin.prometheusAlerts),
}
