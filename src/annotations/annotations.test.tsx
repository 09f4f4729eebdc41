import React, { useState } from 'react';
import type { AnnotationQuery } from '@grafana/data';
import { render, screen } from '@testing-library/react';

import { fakeLayout, kindNamed, kinds, newDataSource, serve, setVariables } from '../testing';
import { newUser } from '../testing/user';
import type { EntraQuery, Filter } from '../types';
import { AnnotationEditor } from './AnnotationEditor';
import { annotationSupport } from './annotationSupport';

const where = (field: string, operator: Filter['operator'], ...values: string[]): Filter => ({
  field,
  operator,
  values,
});
const roleChanges: Omit<EntraQuery, 'refId'> = {
  queryType: 'auditEvent',
  version: 2,
  view: 'annotations',
  filters: [where('category', '=', 'RoleManagement')],
  limit: 1000,
};
const annotation = (target?: Partial<EntraQuery>) => ({ name: 'Marks', target }) as AnnotationQuery<EntraQuery>;

describe('an annotation', () => {
  test('marks role changes at first', () => {
    expect(annotationSupport.getDefaultQuery?.()).toEqual(roleChanges);
    expect(annotationSupport.prepareAnnotation?.(annotation())).toEqual(annotation({ refId: 'Anno', ...roleChanges }));
  });

  test('stays the same object once prepared', () => {
    const prepared = annotationSupport.prepareAnnotation!(annotation());
    expect(annotationSupport.prepareAnnotation!(prepared)).toBe(prepared);
  });

  test('runs what was saved', () => {
    const saved: Partial<EntraQuery> = { refId: 'B', queryType: 'riskDetection', version: 2, view: 'annotations' };
    expect(annotationSupport.prepareQuery?.(annotation(saved))).toEqual({ ...saved, filters: [], limit: 1000 });
  });

  test('runs nothing of a panel’s query that Grafana put in its place', () => {
    const panel: Partial<EntraQuery> = { refId: 'A', queryType: 'signIn', view: 'timeSeries', filters: [] };
    expect(annotationSupport.prepareQuery?.(annotation(panel))).toEqual({ refId: 'A', ...roleChanges });
  });
});

describe('the editor of an annotation', () => {
  let saved: EntraQuery | undefined;

  function Editor() {
    const [datasource] = useState(newDataSource);
    const [query, setQuery] = useState<EntraQuery>({ refId: 'Anno' } as EntraQuery);
    return (
      <AnnotationEditor
        datasource={datasource}
        query={query}
        onRunQuery={() => {}}
        onChange={(changed) => {
          saved = changed as EntraQuery;
          setQuery(saved);
        }}
      />
    );
  }

  async function open() {
    setVariables({});
    fakeLayout();
    const unmarked = { ...kindNamed('riskyUser'), label: 'Unmarked', views: ['list'] };
    serve({ '/catalog': { kinds: [...kinds, unmarked] }, '/values': { values: [] } });
    const user = newUser();
    render(<Editor />);
    await screen.findByLabelText('Activity');
    return user;
  }

  test('shows no other view, and only what it has', async () => {
    await open();
    expect(screen.queryByLabelText('View')).not.toBeInTheDocument();
    expect(screen.queryByLabelText('Measure')).not.toBeInTheDocument();
    expect(screen.getByLabelText('Values for Category')).toBeInTheDocument();
    expect(screen.getByLabelText('Limit')).toHaveValue(1000);
  });

  test('starts from an example', async () => {
    const user = await open();
    await user.click(screen.getByRole('button', { name: 'Risk detections' }));
    expect(saved).toMatchObject({
      refId: 'Anno',
      queryType: 'riskDetection',
      view: 'annotations',
      filters: [where('riskLevel', 'in', 'medium', 'high')],
    });
  });

  test('takes another kind, of those that can be marked', async () => {
    const user = await open();
    await user.click(screen.getByRole('combobox', { name: 'Activity' }));
    await user.keyboard('Unmarked');
    expect(await screen.findByText('No options found.')).toBeInTheDocument();
    await user.clear(screen.getByLabelText('Activity'));
    await user.keyboard('Provisioning');
    await user.click(await screen.findByRole('option', { name: /^Provisioning events/ }));
    expect(saved).toMatchObject({ queryType: 'provisioningEvent', view: 'annotations', filters: [] });
  });
});
