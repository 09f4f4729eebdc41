// Recording rules, named level:metric:operation.
//
// Everything is counted over an hour: at a scrape a minute that is sixty samples, so that Prometheus' extrapolation matters
// little, and Entra ID delivers in bursts of several minutes anyway. Longer periods are averages of these hours, which are
// few series, instead of increases of the exporter's, which are thousands.
{
  local increase1h(by, metric, matchers='') =
    'sum by (%s) (max without (%s) (increase(%s{%s%s}[1h])))' % [by, $._config.replicaLabels, metric, $._config.selector, matchers],

  prometheusRules+:: {
    groups+: [
      {
        name: 'entra-activity.rules',
        rules: [
          {
            record: 'tenant_source:entra_ingest_last_success:age_seconds',
            expr: 'time() - max by (tenant, source) (entra_ingest_last_success_timestamp_seconds{%(selector)s, tenant!="", source=~"%(continuousSources)s"})' % $._config,
          },
          {
            record: 'tenant_app_status:entra_signins:increase1h',
            expr: increase1h('tenant, app_id, app, status', 'entra_signins_total'),
          },
          {
            record: 'tenant_app:entra_signins:increase1h',
            expr: 'sum by (tenant, app_id, app) (tenant_app_status:entra_signins:increase1h)',
          },
          {
            record: 'tenant_kind_status:entra_signins:increase1h',
            expr: increase1h('tenant, kind, status', 'entra_signins_total'),
          },
          {
            record: 'tenant_kind:entra_signins:increase1h',
            expr: 'sum by (tenant, kind) (tenant_kind_status:entra_signins:increase1h)',
          },
          {
            record: 'tenant_result:entra_signins_conditional_access:increase1h',
            expr: increase1h('tenant, result', 'entra_signins_conditional_access_total'),
          },
          {
            record: 'tenant:entra_signins_conditional_access:increase1h',
            expr: 'sum by (tenant) (tenant_result:entra_signins_conditional_access:increase1h)',
          },
          {
            record: 'tenant:entra_signin_failures_password:increase1h',
            expr: increase1h('tenant', 'entra_signin_failures_total', ', error_code=~"%(passwordSprayCodes)s"' % $._config),
          },
          {
            record: 'tenant:entra_signins_mfa_failure:increase1h',
            expr: increase1h('tenant', 'entra_signins_mfa_total', ', requirement="multi", result="failure"'),
          },
          {
            record: 'tenant_service:entra_audit_events_failure:increase1h',
            expr: increase1h('tenant, service', 'entra_audit_events_total', ', result=~"failure|timeout"'),
          },
          {
            record: 'tenant_service_status:entra_provisioning_events:increase1h',
            expr: increase1h('tenant, service, status', 'entra_provisioning_events_total'),
          },
          {
            record: 'tenant_service:entra_provisioning_events:increase1h',
            expr: 'sum by (tenant, service) (tenant_service_status:entra_provisioning_events:increase1h)',
          },
        ],
      },
    ],
  },
}
