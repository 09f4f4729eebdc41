import { type DataFrame, type DataLink, type DataSourceInstanceSettings, type Field, FieldType } from '@grafana/data';
import { t } from '@grafana/i18n';

import { RECORD_ID } from '../query/views';
import { type EntraQuery, QUERY_VERSION } from '../types';

type Target = Pick<DataSourceInstanceSettings, 'uid' | 'name'>;

/** Leads from the fields of a list to what else is known: the record, its user, its address, its application. */
export function withLinks(frame: DataFrame, { queryType }: EntraQuery, target: Target): DataFrame {
  const kind = frame.fields.some(({ name }) => name === KIND) ? `\${__data.fields["${KIND}"]}` : queryType;
  const fields = frame.fields.map((field) => {
    const link = field.type === FieldType.time ? undefined : linkFrom(field, kind);
    if (!link || field.config.links?.length) {
      return field;
    }
    const links = [internalLink(link.title, link.query, target)];
    return { ...field, config: { ...field.config, links } };
  });
  return { ...frame, fields };
}

/** The field that tells the kinds of records apart where a list mixes them. */
const KIND = 'kind';

type Question = Pick<EntraQuery, 'queryType' | 'view' | 'filters'>;

function linkFrom({ name }: Field, kind: string): { title: string; query: Question } | undefined {
  const equals = (field: string) => [{ field, operator: '=' as const, values: ['${__value.raw}'] }];

  switch (name) {
    case RECORD_ID:
      return {
        title: t('links.record', 'All details of this record'),
        query: { queryType: kind, view: 'detail', filters: equals(RECORD_ID) },
      };
    case 'userPrincipalName':
    case 'initiatedByUserPrincipalName':
      return {
        title: t('links.user', 'All activity of this user'),
        query: { queryType: 'userActivity', view: 'list', filters: equals('userPrincipalName') },
      };
    case 'userId':
    case 'initiatedByUserId':
      return {
        title: t('links.user', 'All activity of this user'),
        query: { queryType: 'userActivity', view: 'list', filters: equals('userId') },
      };
    case 'ipAddress':
      return {
        title: t('links.address', 'Sign-ins from this address'),
        query: { queryType: 'signIn', view: 'list', filters: equals('ipAddress') },
      };
    case 'appDisplayName':
    case 'appId':
      return {
        title: t('links.application', 'Sign-ins to this application'),
        query: { queryType: 'signIn', view: 'list', filters: equals(name) },
      };
  }
  return undefined;
}

function internalLink(title: string, question: Question, { uid, name }: Target): DataLink<EntraQuery> {
  const query: EntraQuery = { refId: 'A', version: QUERY_VERSION, ...question };
  return { title, url: '', internal: { datasourceUid: uid, datasourceName: name, query } };
}
