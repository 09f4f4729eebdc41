// What an installation may want to change, and nothing that it may not. Every threshold is here once.
// After a change: go generate ./provisioning/prometheus
{
  _config+:: {
    // Which series are this exporter's.
    selector: 'job="entra-activity"',
    // The labels in which replicas of the exporter differ. Replicas publish the same totals, so that the highest is taken
    // and not their sum.
    replicaLabels: 'instance, pod',
    // Sources (RE2) that deliver all the time. A source outside is not missed when it delivers nothing.
    continuousSources: '.+',
    runbookURL: 'https://github.com/entra-activity/entra-activity-datasource/blob/main/docs/runbooks/',
    // Who acts: those who run this project's programs, those who run the directory, those who defend it. The label "team"
    // of each alert is one of these, for Alertmanager to route by.
    operations: 'operations',
    identity: 'identity',
    security: 'security',

    // Records
    ingestStaleSeconds: 2 * 3600,  // since a source was last read; Entra ID keeps the records for a week or longer
    ingestDelaySeconds: 2 * 3600,  // between an event and its ingest, for 95 % of the events
    ingestErrors: 0,  // records refused in an hour

    // Sign-ins. "Usual" is the average hour of the last day.
    minSignIns: 100,  // in an hour: below, a ratio says nothing
    failureRatio: 0.1,
    failureRatioTimesUsual: 2,
    volumeRatio: 0.3,  // of the same hour a week ago
    appMinSignIns: 20,
    appFailureRatio: 0.5,
    interruptedRatio: 0.3,
    interruptedRatioTimesUsual: 2,
    conditionalAccessFailureRatio: 0.1,
    conditionalAccessFailureRatioTimesUsual: 2,
    appUnusedSeconds: 90 * 24 * 3600,

    // Attacks
    passwordSprayCodes: '50053|50126',  // locked out, and wrong password
    passwordSprayFailures: 50,  // in an hour
    passwordSprayTimesUsual: 5,
    mfaFailures: 50,  // in an hour
    mfaFailuresTimesUsual: 3,
    legacyAuthSuccesses: 0,  // in an hour, for each client application
    highRiskDetections: 0,  // in an hour, of each type
    riskyUsersAtRiskHigh: 0,
    auditFailures: 20,  // in an hour
    auditFailuresTimesUsual: 3,
    privilegedRoleChanges: 0,  // in an hour

    // Provisioning, each application for itself
    provisioningFailureRatio: 0.2,
    provisioningMinEvents: 10,  // in six hours
    provisioningUsualEvents: 1,  // in an hour, on average over a week: an application that has fewer is never silent
  },
}
