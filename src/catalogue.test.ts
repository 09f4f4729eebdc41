import { dateTime } from '@grafana/data';

import { Catalogue, findField } from './catalogue';
import { kindNamed, kinds } from './testing';

test('asks for the kinds once', async () => {
  const getResource = jest.fn().mockResolvedValue({ kinds });
  const catalogue = new Catalogue(getResource);
  expect(catalogue.kind('signIn')).toBeUndefined();

  await expect(catalogue.kinds()).resolves.toEqual(kinds);
  await expect(catalogue.kinds()).resolves.toEqual(kinds);
  expect(getResource).toHaveBeenCalledTimes(1);
  expect(catalogue.kind('signIn')).toEqual(kindNamed('signIn'));
});

test('asks again after a failure', async () => {
  const getResource = jest.fn().mockRejectedValueOnce(new Error('unreachable')).mockResolvedValueOnce({ kinds });
  const catalogue = new Catalogue(getResource);

  await expect(catalogue.kinds()).rejects.toThrow('unreachable');
  await expect(catalogue.kinds()).resolves.toEqual(kinds);
});

test('searches for values of a field, in a range and among what other filters leave', async () => {
  const values = [{ value: 'Azure Portal', label: 'Azure Portal' }];
  const getResource = jest.fn().mockResolvedValue({ values });
  const [from, to] = [dateTime(1000), dateTime(2000)];

  const found = new Catalogue(getResource).values('signIn', 'appDisplayName', {
    text: 'por',
    range: { from, to, raw: { from, to } },
    filters: [{ field: 'status', operator: '=', values: ['failure'] }],
  });
  await expect(found).resolves.toEqual(values);
  expect(getResource).toHaveBeenCalledWith('values', {
    kind: 'signIn',
    field: 'appDisplayName',
    search: 'por',
    limit: 50,
    from: 1000,
    to: 2000,
    filters: '[{"field":"status","operator":"=","values":["failure"]}]',
  });
});

test('finds fields by name and by label', () => {
  expect(findField(kindNamed('signIn'), 'appDisplayName')).toMatchObject({ label: 'Application' });
  expect(findField(kindNamed('signIn'), 'Application')).toMatchObject({ name: 'appDisplayName' });
  expect(findField(kindNamed('signIn'), 'category')).toBeUndefined();
  expect(findField(undefined, 'appDisplayName')).toBeUndefined();
});
