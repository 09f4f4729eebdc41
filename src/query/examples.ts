import { t } from '@grafana/i18n';

import { type EntraQuery, type Filter, type Operator, QUERY_VERSION } from '../types';

type ExampleModel = Omit<EntraQuery, 'refId' | 'version' | 'filters'> & { filters?: Filter[] };

/** An example: a query under the question that it answers. */
export interface Example {
  title: string;
  query: Omit<EntraQuery, 'refId'>;
}

const example = (title: string, model: ExampleModel): Example => ({
  title,
  query: { filters: [], ...model, version: QUERY_VERSION },
});

const where = (field: string, operator: Operator, ...values: string[]): Filter => ({ field, operator, values });

const interactive = where('signInEventTypes', 'in', 'interactiveUser');

// Functions, because translations are not there yet when a module is loaded.

/** Queries to start from, at least one of each kind and view. */
export const examples = (): Example[] => [
  example(t('examples.status', 'How do sign-ins end, over time?'), {
    queryType: 'signIn',
    view: 'timeSeries',
    filters: [interactive],
    groupBy: ['status'],
  }),
  example(t('examples.users-per-week', 'How many people sign in, week by week?'), {
    queryType: 'signIn',
    view: 'timeSeries',
    filters: [interactive],
    measure: 'distinctUsers',
    interval: '1w',
  }),
  example(t('examples.top-applications', 'Which three applications are used most?'), {
    queryType: 'signIn',
    view: 'table',
    filters: [interactive],
    groupBy: ['appDisplayName'],
    top: 3,
  }),
  example(t('examples.new-applications', 'Which applications are new?'), {
    queryType: 'signIn',
    view: 'table',
    groupBy: ['appDisplayName'],
    seen: 'new',
  }),
  example(t('examples.failures', 'Who failed to sign in, and why?'), {
    queryType: 'signIn',
    view: 'list',
    filters: [interactive, where('status', '=', 'failure')],
    columns: ['createdDateTime', 'userPrincipalName', 'appDisplayName', 'errorCode', 'failureReason', 'ipAddress'],
  }),
  example(t('examples.failure-rate', 'What share of sign-ins fails?'), {
    queryType: 'signIn',
    view: 'value',
    filters: [interactive],
    measure: 'failureRate',
  }),
  example(t('examples.legacy', 'Who still signs in with legacy protocols?'), {
    queryType: 'signIn',
    view: 'table',
    filters: [where('clientAppClass', '=', 'legacy')],
    measure: 'lastSeen',
    groupBy: ['userPrincipalName', 'clientAppUsed'],
  }),
  example(t('examples.policies', 'What do the Conditional Access policies decide?'), {
    queryType: 'conditionalAccess',
    view: 'table',
    groupBy: ['policyDisplayName', 'policyResult'],
  }),
  example(t('examples.risky-sign-ins', 'Which sign-ins were risky?'), { queryType: 'riskySignIn', view: 'logs' }),
  example(t('examples.role-changes', 'Who was given a role, and by whom?'), {
    queryType: 'auditEvent',
    view: 'list',
    filters: [where('category', '=', 'RoleManagement')],
  }),
  example(t('examples.changes', 'What changes in the directory?'), {
    queryType: 'auditEvent',
    view: 'timeSeries',
    groupBy: ['category'],
    top: 5,
    other: true,
  }),
  example(t('examples.provisioning', 'What could not be provisioned?'), {
    queryType: 'provisioningEvent',
    view: 'logs',
    filters: [where('status', '=', 'failure')],
  }),
  example(t('examples.provisioning-duration', 'How long does provisioning take?'), {
    queryType: 'provisioningEvent',
    view: 'timeSeries',
    measure: 'averageDuration',
    groupBy: ['servicePrincipalDisplayName'],
  }),
  example(t('examples.detections', 'Which risks are detected?'), {
    queryType: 'riskDetection',
    view: 'timeSeries',
    groupBy: ['riskEventType'],
  }),
  example(t('examples.risky-users', 'Who is at risk now?'), {
    queryType: 'riskyUser',
    view: 'list',
    filters: [where('riskState', 'in', 'atRisk', 'confirmedCompromised')],
  }),
  example(t('examples.risk-history', 'How did the risk of users change?'), {
    queryType: 'riskyUserHistory',
    view: 'list',
  }),
];

/** What is worth a mark on a dashboard's graphs. */
export const annotationExamples = (): Example[] => [
  example(t('annotation-examples.roles', 'Role changes'), {
    queryType: 'auditEvent',
    view: 'annotations',
    filters: [where('category', '=', 'RoleManagement')],
  }),
  example(t('annotation-examples.policies', 'Policy changes'), {
    queryType: 'auditEvent',
    view: 'annotations',
    filters: [where('category', '=', 'Policy')],
  }),
  example(t('annotation-examples.detections', 'Risk detections'), {
    queryType: 'riskDetection',
    view: 'annotations',
    filters: [where('riskLevel', 'in', 'medium', 'high')],
  }),
  example(t('annotation-examples.compromised', 'Users found compromised'), {
    queryType: 'riskyUserHistory',
    view: 'annotations',
    filters: [where('riskState', '=', 'confirmedCompromised')],
  }),
];
