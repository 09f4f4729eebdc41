import { t } from '@grafana/i18n';

import { type EntraQuery, type Filter, type Operator, QUERY_VERSION } from '../types';

type Question = Omit<EntraQuery, 'refId' | 'version' | 'filters'> & { filters?: Filter[] };

/** A question worth asking, under the words that people ask it in. */
export interface Example {
  title: string;
  query: Omit<EntraQuery, 'refId'>;
}

const ask = (title: string, question: Question): Example => ({
  title,
  query: { filters: [], ...question, version: QUERY_VERSION },
});

const where = (field: string, operator: Operator, ...values: string[]): Filter => ({ field, operator, values });

const interactive = where('signInEventTypes', 'in', 'interactiveUser');

// Functions, because translations are not there yet when a module is loaded.

/** Questions for a start, one of each kind and view at least. */
export const examples = (): Example[] => [
  ask(t('examples.status', 'How do sign-ins end, over time?'), {
    queryType: 'signIn',
    view: 'timeSeries',
    filters: [interactive],
    groupBy: ['status'],
  }),
  ask(t('examples.users-per-week', 'How many people sign in, week by week?'), {
    queryType: 'signIn',
    view: 'timeSeries',
    filters: [interactive],
    measure: 'distinctUsers',
    interval: '1w',
  }),
  ask(t('examples.top-applications', 'Which three applications are used most?'), {
    queryType: 'signIn',
    view: 'table',
    filters: [interactive],
    groupBy: ['appDisplayName'],
    top: 3,
  }),
  ask(t('examples.new-applications', 'Which applications are new?'), {
    queryType: 'signIn',
    view: 'table',
    groupBy: ['appDisplayName'],
    seen: 'new',
  }),
  ask(t('examples.failures', 'Who failed to sign in, and why?'), {
    queryType: 'signIn',
    view: 'list',
    filters: [interactive, where('status', '=', 'failure')],
    columns: ['createdDateTime', 'userPrincipalName', 'appDisplayName', 'errorCode', 'failureReason', 'ipAddress'],
  }),
  ask(t('examples.failure-rate', 'What share of sign-ins fails?'), {
    queryType: 'signIn',
    view: 'value',
    filters: [interactive],
    measure: 'failureRate',
  }),
  ask(t('examples.legacy', 'Who still signs in with legacy protocols?'), {
    queryType: 'signIn',
    view: 'table',
    filters: [where('clientAppClass', '=', 'legacy')],
    measure: 'lastSeen',
    groupBy: ['userPrincipalName', 'clientAppUsed'],
  }),
  ask(t('examples.policies', 'What do the Conditional Access policies decide?'), {
    queryType: 'conditionalAccess',
    view: 'table',
    groupBy: ['policyDisplayName', 'policyResult'],
  }),
  ask(t('examples.risky-sign-ins', 'Which sign-ins were risky?'), { queryType: 'riskySignIn', view: 'logs' }),
  ask(t('examples.role-changes', 'Who was given a role, and by whom?'), {
    queryType: 'auditEvent',
    view: 'list',
    filters: [where('category', '=', 'RoleManagement')],
  }),
  ask(t('examples.changes', 'What changes in the directory?'), {
    queryType: 'auditEvent',
    view: 'timeSeries',
    groupBy: ['category'],
    top: 5,
    other: true,
  }),
  ask(t('examples.provisioning', 'What could not be provisioned?'), {
    queryType: 'provisioningEvent',
    view: 'logs',
    filters: [where('status', '=', 'failure')],
  }),
  ask(t('examples.provisioning-duration', 'How long does provisioning take?'), {
    queryType: 'provisioningEvent',
    view: 'timeSeries',
    measure: 'averageDuration',
    groupBy: ['servicePrincipalDisplayName'],
  }),
  ask(t('examples.detections', 'Which risks are detected?'), {
    queryType: 'riskDetection',
    view: 'timeSeries',
    groupBy: ['riskEventType'],
  }),
  ask(t('examples.risky-users', 'Who is at risk now?'), {
    queryType: 'riskyUser',
    view: 'list',
    filters: [where('riskState', 'in', 'atRisk', 'confirmedCompromised')],
  }),
  ask(t('examples.risk-history', 'How did the risk of users change?'), { queryType: 'riskyUserHistory', view: 'list' }),
];

/** What is worth a mark on a dashboard's graphs. */
export const annotationExamples = (): Example[] => [
  ask(t('annotation-examples.roles', 'Role changes'), {
    queryType: 'auditEvent',
    view: 'annotations',
    filters: [where('category', '=', 'RoleManagement')],
  }),
  ask(t('annotation-examples.policies', 'Policy changes'), {
    queryType: 'auditEvent',
    view: 'annotations',
    filters: [where('category', '=', 'Policy')],
  }),
  ask(t('annotation-examples.detections', 'Risk detections'), {
    queryType: 'riskDetection',
    view: 'annotations',
    filters: [where('riskLevel', 'in', 'medium', 'high')],
  }),
  ask(t('annotation-examples.compromised', 'Users found compromised'), {
    queryType: 'riskyUserHistory',
    view: 'annotations',
    filters: [where('riskState', '=', 'confirmedCompromised')],
  }),
];
