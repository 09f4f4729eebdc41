import {
  type DataFrame,
  type DataLink,
  type DataSourceInstanceSettings,
  type Field,
  FieldType,
  type InternalDataLink,
  type Labels,
} from '@grafana/data';
import { t } from '@grafana/i18n';

import { RECORD_ID } from '../query/views';
import { type EntraQuery, QUERY_VERSION } from '../types';

/** Where links lead: the data source of the result. */
type Target = Pick<DataSourceInstanceSettings, 'uid' | 'name'>;

interface Lead {
  title: string;
  query: InternalDataLink<EntraQuery>['query'];
}

/** The field that tells the kinds of records apart where a result mixes them. */
const KIND = 'kind';

const value = '${__value.raw}';
const inRow = (field: string) => `\${__data.fields["${field}"]}`;

/** Leads from the fields of a result to what else is known: the record, its user, its address, its application. */
export function withLinks(frame: DataFrame, query: EntraQuery, target: Target): DataFrame {
  switch (query.view) {
    case 'logs':
      return linked(withRecord(frame), target, ({ name }) =>
        name === RECORD ? leadToRecord(kindOf(frame, query)) : undefined
      );
    case 'detail':
      return linked(frame, target, (field) => leadFromDetail(field, frame.name, query));
    case 'list':
    case 'table':
      return linked(frame, target, (field) => leadFrom(field.name, kindOf(frame, query)));
    default:
      return frame;
  }
}

function linked(frame: DataFrame, { uid, name }: Target, lead: (field: Field) => Lead | undefined): DataFrame {
  const fields = frame.fields.map((field) => {
    const found = field.type === FieldType.time || field.config.links?.length ? undefined : lead(field);
    if (!found) {
      return field;
    }
    const internal = { datasourceUid: uid, datasourceName: name, query: found.query };
    const links: Array<DataLink<EntraQuery>> = [{ title: found.title, url: '', internal }];
    return { ...field, config: { ...field.config, links } };
  });
  return { ...frame, fields };
}

function queryOf(queryType: string, view: EntraQuery['view'], field: string, equal: string): EntraQuery {
  const filters: EntraQuery['filters'] = [{ field, operator: '=', values: [equal] }];
  return { refId: 'A', version: QUERY_VERSION, queryType, view, filters };
}

/** The kinds as which records of others are shown in detail; none of those that may be of any kind. */
const DETAILS: Record<string, string | undefined> = { conditionalAccess: 'signIn', userActivity: undefined };

function leadToRecord(requested: string): Lead | undefined {
  const kind = requested in DETAILS ? DETAILS[requested] : requested;
  return kind
    ? { title: t('links.record', 'All details of this record'), query: queryOf(kind, 'detail', RECORD_ID, value) }
    : undefined;
}

/** Where a field leads by its name; the value is that of the cell unless another is given. */
function leadFrom(name: string, kind: string, equal = value): Lead | undefined {
  const user = t('links.user', 'All activity of this user');

  switch (name) {
    case RECORD_ID:
      return leadToRecord(kind);
    case 'userPrincipalName':
    case 'initiatedByUserPrincipalName':
      return { title: user, query: queryOf('userActivity', 'list', 'userPrincipalName', equal) };
    case 'userId':
    case 'initiatedByUserId':
      return { title: user, query: queryOf('userActivity', 'list', 'userId', equal) };
    case 'ipAddress':
      return { title: t('links.address', 'Sign-ins from this address'), query: queryOf('signIn', 'list', name, equal) };
    case 'appDisplayName':
    case 'appId':
      return {
        title: t('links.application', 'Sign-ins to this application'),
        query: queryOf('signIn', 'list', name, equal),
      };
  }
  return undefined;
}

/** The kinds of the records that belong to another; of the same attempt they are of its own kind. */
const SECTIONS: Record<string, string> = {
  auditEvents: 'auditEvent',
  history: 'riskyUser',
  riskDetections: 'riskDetection',
  signIns: 'signIn',
};

function leadFromDetail({ name }: Field, section = '', query: EntraQuery): Lead | undefined {
  const kind = section === 'attempt' ? query.queryType : SECTIONS[section];
  if (kind) {
    return leadFrom(name, kind);
  }
  return section === 'summary' && name === 'value'
    ? { title: t('links.shared', 'What shares this value'), query: followProperty(query) }
    : undefined;
}

/** Each row of a summary is a property of its own, and names the field to filter by, if there is one. */
function followProperty(detail: EntraQuery): Lead['query'] {
  return ({ replaceVariables, scopedVars }) => {
    const field = replaceVariables(inRow('field'), scopedVars);
    const equal = replaceVariables(value, scopedVars);
    const lead = field === RECORD_ID ? undefined : leadFrom(field, detail.queryType, equal);
    if (lead) {
      return lead.query as EntraQuery;
    }
    return field && field !== RECORD_ID ? queryOf(detail.queryType, 'list', field, equal) : { ...detail, refId: 'A' };
  };
}

/** Log lines hold the record's id behind its kind, and Grafana hides ids; a field of its own can be followed. */
const RECORD = 'record';

function withRecord(frame: DataFrame): DataFrame {
  const ids: string[] = frame.fields.find(({ name }) => name === 'id')?.values ?? [];
  const labels: Labels[] = frame.fields.find(({ name }) => name === 'labels')?.values ?? [];
  const added = (name: string, values: string[]): Field => ({ name, type: FieldType.string, config: {}, values });

  const fields = [
    ...frame.fields,
    added(
      RECORD,
      ids.map((id) => id.slice(id.indexOf('/') + 1))
    ),
  ];
  if (labels.some((each) => each[KIND])) {
    fields.push(
      added(
        KIND,
        labels.map((each) => each[KIND] ?? '')
      )
    );
  }
  return { ...frame, fields };
}

function kindOf(frame: DataFrame, { queryType }: EntraQuery): string {
  const isMixed =
    frame.fields.some(({ name }) => name === KIND) ||
    frame.fields.find(({ name }) => name === 'labels')?.values.some((each: Labels) => each[KIND]);
  return isMixed ? inRow(KIND) : queryType;
}
