import { dateTime } from '@grafana/data';

import { Catalog, findField } from './catalog';
import { kindNamed, kinds } from './testing';

test('requests the kinds once', async () => {
  const getResource = jest.fn().mockResolvedValue({ kinds });
  const catalog = new Catalog(getResource);
  expect(catalog.kind('signIn')).toBeUndefined();

  await expect(catalog.kinds()).resolves.toEqual(kinds);
  await expect(catalog.kinds()).resolves.toEqual(kinds);
  expect(getResource).toHaveBeenCalledTimes(1);
  expect(catalog.kind('signIn')).toEqual(kindNamed('signIn'));
});

test('requests again after a failure', async () => {
  const getResource = jest.fn().mockRejectedValueOnce(new Error('unreachable')).mockResolvedValueOnce({ kinds });
  const catalog = new Catalog(getResource);

  await expect(catalog.kinds()).rejects.toThrow('unreachable');
  await expect(catalog.kinds()).resolves.toEqual(kinds);
});

test('searches for values of a field, in a range and among what other filters leave', async () => {
  const values = [{ value: 'Azure Portal', label: 'Azure Portal' }];
  const getResource = jest.fn().mockResolvedValue({ values });
  const [from, to] = [dateTime(1000), dateTime(2000)];

  const found = new Catalog(getResource).values('signIn', 'appDisplayName', {
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
