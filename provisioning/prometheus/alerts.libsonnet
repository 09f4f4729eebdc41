// Alert rules. Whatever they say has to run on Prometheus from 2.42 on and on VictoriaMetrics alike.
{
  local config = $._config,

  local alert(name, team, severity, wait, expr, summary, description) = {
    alert: name,
    expr: expr % config,
    [if wait != '' then 'for']: wait,
    labels: { severity: severity, team: team },
    annotations: {
      summary: summary,
      description: description,
      runbook_url: config.runbookURL + name + '.md',
    },
  },

  // The label sets that are the exporter's, with replicas taken as one.
  local one(series) = 'max without (%s) (%s)' % [config.replicaLabels, series],

  // What a series is in an average hour of the last day. The last hour is left out, so that what is to be noticed does not
  // count as usual.
  local usual(series) = 'avg_over_time(%s[1d] offset 1h)' % series,

  // A share of a whole above a limit and above what is usual, where the whole is enough to tell.
  local shareHigh(part, ignoring, whole, limit, timesUsual) = |||
    (
      %(part)s / ignoring (%(ignoring)s) %(whole)s > %(limit)g
    )
    and
    (
      %(part)s / ignoring (%(ignoring)s) %(whole)s > %(timesUsual)g * %(usualPart)s / ignoring (%(ignoring)s) %(usualWhole)s
    )
    and
      %(whole)s >= %(minimum)g
  ||| % {
    part: part,
    ignoring: ignoring,
    whole: whole,
    limit: limit,
    timesUsual: timesUsual,
    usualPart: usual(part),
    usualWhole: usual(whole),
    minimum: config.minSignIns,
  },

  // A count above a limit and above what is usual.
  local countHigh(series, limit, timesUsual) = |||
    %(series)s > %(limit)g
    and
      %(series)s > %(timesUsual)g * %(usual)s
  ||| % { series: series, limit: limit, timesUsual: timesUsual, usual: usual(series) },

  prometheusAlerts+:: {
    groups+: [
      {
        name: 'entra-activity.ingest',
        rules: [
          alert(
            'EntraExporterDown', config.operations, 'critical', '5m',
            'absent(entra_exporter_up{%(selector)s} == 1)',
            'No exporter of Entra ID activity can read the database.',
            'For five minutes no exporter has been scraped that could read the database. Until one can, no other alert about Entra ID can fire.',
          ),
          alert(
            'EntraExporterCollectorFailing', config.operations, 'warning', '15m',
            |||
              max without (%(replicaLabels)s) (entra_exporter_collector_success{%(selector)s}) == 0
              unless on ()
                absent(entra_exporter_up{%(selector)s} == 1)
            |||,
            'The exporter does not publish the metrics of collector {{ $labels.collector }}.',
            'The collector {{ $labels.collector }} has failed in every scrape for 15 minutes, though the database can be read. Alerts about its metrics cannot fire.',
          ),
          alert(
            'EntraCounterRegression', config.operations, 'warning', '',
            one('increase(entra_exporter_regressions_total{%(selector)s}[1h])') + ' > 0',
            'Counters in the database have fallen.',
            'Counters in the database that were lower than the exporter had published before, in the last hour: {{ $value | printf "%.0f" }}. They are published unchanged, and so count nothing, until they have caught up.',
          ),
          alert(
            'EntraSeriesLimited', config.operations, 'warning', '15m',
            one('entra_exporter_series_limited{%(selector)s}') + ' > 0',
            'The metrics of collector {{ $labels.collector }} have reached the limit of series.',
            'The collector {{ $labels.collector }} has more label sets than it may publish. What is beyond the limit is counted under "other" or not at all.',
          ),
          alert(
            'EntraIngestStale', config.operations, 'critical', '10m',
            'tenant_source:entra_ingest_last_success:age_seconds > %(ingestStaleSeconds)d',
            'No records of tenant {{ $labels.tenant }} have come in from {{ $labels.source }} for {{ $value | humanizeDuration }}.',
            'The source {{ $labels.source }} was last read {{ $value | humanizeDuration }} ago. What happens in tenant {{ $labels.tenant }} is not seen until it is read again. Nothing is lost yet: Entra ID keeps records for 7 days at least.',
          ),
          alert(
            'EntraIngestDelayHigh', config.operations, 'warning', '1h',
            |||
              histogram_quantile(0.95,
                sum by (tenant, source, le) (max without (%(replicaLabels)s) (increase(entra_ingest_delay_seconds_bucket{%(selector)s, source=~"%(continuousSources)s"}[30m])))
              ) > %(ingestDelaySeconds)d
            |||,
            'Records of tenant {{ $labels.tenant }} come in from {{ $labels.source }} {{ $value | humanizeDuration }} late.',
            'Of the records that {{ $labels.source }} delivered in the last half hour, one in twenty was {{ $value | humanizeDuration }} old or older. Alerts notice what happens in tenant {{ $labels.tenant }} that much later.',
          ),
          alert(
            'EntraIngestErrors', config.operations, 'warning', '',
            'sum by (tenant, source, reason) (max without (%(replicaLabels)s) (increase(entra_ingest_errors_total{%(selector)s}[1h]))) > %(ingestErrors)g',
            'Records from {{ $labels.source }} could not be stored ({{ $labels.reason }}).',
            'Records of tenant {{ $labels.tenant }} from {{ $labels.source }} that could not be stored in the last hour: {{ $value | printf "%.0f" }} ({{ $labels.reason }}). They are missing from every report.',
          ),
        ],
      },
      {
        name: 'entra-activity.sign-ins',
        rules: [
          alert(
            'EntraSignInFailureRatioHigh', config.identity, 'critical', '10m',
            shareHigh('tenant_kind_status:entra_signins:increase1h{status="failure"}', 'status', 'tenant_kind:entra_signins:increase1h', config.failureRatio, config.failureRatioTimesUsual),
            '{{ $value | humanizePercentage }} of the {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} fail.',
            'In the last hour {{ $value | humanizePercentage }} of the {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} failed, more than %(failureRatioTimesUsual)g times the usual share.' % config,
          ),
          alert(
            'EntraSignInVolumeDrop', config.identity, 'warning', '30m',
            |||
              (
                tenant_kind:entra_signins:increase1h / (tenant_kind:entra_signins:increase1h offset 1w) < %(volumeRatio)g
              )
              and
                (tenant_kind:entra_signins:increase1h offset 1w) >= %(minSignIns)g
              unless on (tenant)
                tenant_source:entra_ingest_last_success:age_seconds > %(ingestStaleSeconds)d
            |||,
            'Only {{ $value | humanizePercentage }} as many {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} as a week ago.',
            'In the last hour there were {{ $value | humanizePercentage }} of the {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} that there were in the same hour a week ago, though records come in.',
          ),
          alert(
            'EntraAppSignInFailing', config.identity, 'warning', '10m',
            |||
              tenant_app_status:entra_signins:increase1h{status="failure"} / ignoring (status) tenant_app:entra_signins:increase1h > %(appFailureRatio)g
              and
                tenant_app:entra_signins:increase1h >= %(appMinSignIns)g
            |||,
            '{{ $value | humanizePercentage }} of the sign-ins to {{ $labels.app }} fail.',
            'In the last hour {{ $value | humanizePercentage }} of the sign-ins to the application {{ $labels.app }} ({{ $labels.app_id }}) in tenant {{ $labels.tenant }} failed.',
          ),
          alert(
            'EntraInterruptedSurge', config.identity, 'warning', '10m',
            shareHigh('tenant_kind_status:entra_signins:increase1h{status="interrupted"}', 'status', 'tenant_kind:entra_signins:increase1h', config.interruptedRatio, config.interruptedRatioTimesUsual),
            '{{ $value | humanizePercentage }} of the {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} are interrupted.',
            'In the last hour {{ $value | humanizePercentage }} of the {{ $labels.kind }} sign-ins to tenant {{ $labels.tenant }} were interrupted by a prompt, more than %(interruptedRatioTimesUsual)g times the usual share.' % config,
          ),
          alert(
            'EntraConditionalAccessFailures', config.identity, 'warning', '10m',
            shareHigh('tenant_result:entra_signins_conditional_access:increase1h{result="failure"}', 'result', 'tenant:entra_signins_conditional_access:increase1h', config.conditionalAccessFailureRatio, config.conditionalAccessFailureRatioTimesUsual),
            'Conditional Access refuses {{ $value | humanizePercentage }} of the sign-ins to tenant {{ $labels.tenant }}.',
            'In the last hour Conditional Access refused {{ $value | humanizePercentage }} of the sign-ins to tenant {{ $labels.tenant }}, more than %(conditionalAccessFailureRatioTimesUsual)g times the usual share.' % config,
          ),
          alert(
            'EntraAppUnused', config.identity, 'info', '1h',
            'time() - max by (tenant, app_id, app) (entra_app_last_signin_timestamp_seconds{%(selector)s}) > %(appUnusedSeconds)d',
            'Nobody has signed in to {{ $labels.app }} for {{ $value | humanizeDuration }}.',
            'The last successful sign-in to the application {{ $labels.app }} ({{ $labels.app_id }}) in tenant {{ $labels.tenant }} was {{ $value | humanizeDuration }} ago.',
          ),
        ],
      },
      {
        name: 'entra-activity.security',
        rules: [
          alert(
            'EntraPasswordSpraySuspected', config.security, 'critical', '',
            countHigh('tenant:entra_signin_failures_password:increase1h', config.passwordSprayFailures, config.passwordSprayTimesUsual),
            '{{ $value | printf "%.0f" }} wrong passwords and lockouts in tenant {{ $labels.tenant }} within an hour.',
            'In the last hour {{ $value | printf "%%.0f" }} sign-ins to tenant {{ $labels.tenant }} failed for a wrong password or a locked account, more than %(passwordSprayTimesUsual)g times as many as usual. Somebody may be guessing passwords.' % config,
          ),
          alert(
            'EntraMfaFailureSurge', config.security, 'warning', '',
            countHigh('tenant:entra_signins_mfa_failure:increase1h', config.mfaFailures, config.mfaFailuresTimesUsual),
            '{{ $value | printf "%.0f" }} sign-ins with MFA failed in tenant {{ $labels.tenant }} within an hour.',
            'In the last hour {{ $value | printf "%%.0f" }} sign-ins to tenant {{ $labels.tenant }} that needed a second factor failed, more than %(mfaFailuresTimesUsual)g times as many as usual.' % config,
          ),
          alert(
            'EntraLegacyAuthSuccess', config.security, 'warning', '',
            'sum by (tenant, client_app) (max without (%(replicaLabels)s) (increase(entra_signins_by_client_app_total{%(selector)s, client_app_class="legacy", status="success"}[1h]))) > %(legacyAuthSuccesses)g',
            'Sign-ins to tenant {{ $labels.tenant }} succeed with {{ $labels.client_app }}, which knows no second factor.',
            'Sign-ins to tenant {{ $labels.tenant }} that succeeded with {{ $labels.client_app }} in the last hour: {{ $value | printf "%.0f" }}. With legacy authentication a password is all it takes.',
          ),
          alert(
            'EntraHighRiskDetections', config.security, 'critical', '',
            'sum by (tenant, type) (max without (%(replicaLabels)s) (increase(entra_risk_detections_total{%(selector)s, level="high"}[1h]))) > %(highRiskDetections)g',
            'Entra ID detected a high risk in tenant {{ $labels.tenant }}: {{ $labels.type }}.',
            'Detections of high risk in tenant {{ $labels.tenant }} of the type {{ $labels.type }} in the last hour: {{ $value | printf "%.0f" }}.',
          ),
          alert(
            'EntraRiskyUsersAtRiskHigh', config.security, 'warning', '15m',
            'sum by (tenant) (max without (%(replicaLabels)s) (entra_risky_users{%(selector)s, level="high", state=~"atRisk|confirmedCompromised"})) > %(riskyUsersAtRiskHigh)g',
            'Users of tenant {{ $labels.tenant }} are at high risk.',
            'Users of tenant {{ $labels.tenant }} that Entra ID holds for compromised with high confidence, and that nobody has seen to: {{ $value }}.',
          ),
          alert(
            'EntraAuditFailureSurge', config.security, 'warning', '',
            countHigh('tenant_service:entra_audit_events_failure:increase1h', config.auditFailures, config.auditFailuresTimesUsual),
            '{{ $value | printf "%.0f" }} changes by {{ $labels.service }} failed in tenant {{ $labels.tenant }} within an hour.',
            'In the last hour {{ $value | printf "%%.0f" }} changes to the directory of tenant {{ $labels.tenant }} by the service {{ $labels.service }} failed, more than %(auditFailuresTimesUsual)g times as many as usual.' % config,
          ),
          alert(
            'EntraPrivilegedRoleChange', config.security, 'warning', '',
            'sum by (tenant, service) (max without (%(replicaLabels)s) (increase(entra_audit_events_total{%(selector)s, category="RoleManagement", result="success"}[1h]))) > %(privilegedRoleChanges)g',
            'Roles were changed in tenant {{ $labels.tenant }}.',
            'Changes to roles or their members in tenant {{ $labels.tenant }} by the service {{ $labels.service }} in the last hour: {{ $value | printf "%.0f" }}.',
          ),
        ],
      },
      {
        name: 'entra-activity.provisioning',
        rules: [
          alert(
            'EntraProvisioningFailing', config.identity, 'warning', '30m',
            |||
              (
                avg_over_time(tenant_service_status:entra_provisioning_events:increase1h{status="failure"}[6h])
                / ignoring (status)
                avg_over_time(tenant_service:entra_provisioning_events:increase1h[6h])
                > %(provisioningFailureRatio)g
              )
              and
                6 * avg_over_time(tenant_service:entra_provisioning_events:increase1h[6h]) >= %(provisioningMinEvents)g
            |||,
            '{{ $value | humanizePercentage }} of the provisioning to {{ $labels.service }} fails.',
            'In the last six hours {{ $value | humanizePercentage }} of the accounts and groups that tenant {{ $labels.tenant }} provisions to {{ $labels.service }} failed.',
          ),
          alert(
            'EntraProvisioningSilent', config.identity, 'warning', '1h',
            |||
              (
                max_over_time(tenant_service:entra_provisioning_events:increase1h[1d]) == 0
              )
              and
                avg_over_time(tenant_service:entra_provisioning_events:increase1h[1w] offset 1d) >= %(provisioningUsualEvents)g
              unless on (tenant)
                tenant_source:entra_ingest_last_success:age_seconds > %(ingestStaleSeconds)d
            |||,
            'Provisioning to {{ $labels.service }} has done nothing for a day.',
            'Tenant {{ $labels.tenant }} has provisioned nothing to {{ $labels.service }} for a day, though it did all the week before and records come in.',
          ),
        ],
      },
    ],
  },
}
