import React from 'react';
import { render, screen } from '@testing-library/react';

import { metricsExamples } from '../metrics/examples';
import { examples } from '../query/examples';
import { kinds, newDataSource, serve } from '../testing';
import { newUser } from '../testing/user';
import { QueryEditorHelp } from './QueryEditorHelp';

test('an example becomes the query by a click, or with the keyboard', async () => {
  serve({ '/catalog': { kinds } });
  const user = newUser();
  const onClickExample = jest.fn();
  const datasource = newDataSource();
  render(<QueryEditorHelp datasource={datasource} query={{ refId: 'A' } as never} onClickExample={onClickExample} />);

  await user.click(screen.getByRole('button', { name: 'Which three applications are used most?' }));
  expect(onClickExample).toHaveBeenLastCalledWith({
    refId: 'A',
    datasource: { uid: 'entra', type: 'entra-activity-datasource' },
    queryType: 'signIn',
    version: 2,
    view: 'table',
    filters: [{ field: 'signInEventTypes', operator: 'in', values: ['interactiveUser'] }],
    measure: 'count',
    groupBy: ['appDisplayName'],
    top: 3,
    other: false,
    seen: '',
    offset: '',
    limit: 1000,
  });

  for (const { title, query } of examples()) {
    screen.getByRole('button', { name: title }).focus();
    await user.keyboard('{Enter}');
    expect(onClickExample).toHaveBeenLastCalledWith(
      expect.objectContaining({ queryType: query.queryType, view: query.view })
    );
    expect(datasource.filterQuery(onClickExample.mock.lastCall[0])).toBe(true);
  }
});

test('an example in MetricsQL runs as well', async () => {
  serve({ '/catalog': { kinds } });
  const onClickExample = jest.fn();
  render(
    <QueryEditorHelp datasource={newDataSource()} query={{ refId: 'A' } as never} onClickExample={onClickExample} />
  );
  for (const { title, query } of metricsExamples()) {
    await newUser().click(screen.getByRole('button', { name: title }));
    expect(onClickExample).toHaveBeenLastCalledWith({ ...query, datasource: expect.anything() });
  }
});
