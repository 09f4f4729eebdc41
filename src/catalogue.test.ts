import { Catalogue } from './catalogue';
import { signIn } from './testing';

test('asks for the kinds once', async () => {
  const getResource = jest.fn().mockResolvedValue({ kinds: [signIn] });
  const catalogue = new Catalogue(getResource);

  await expect(catalogue.kinds()).resolves.toEqual([signIn]);
  await expect(catalogue.kinds()).resolves.toEqual([signIn]);
  expect(getResource).toHaveBeenCalledTimes(1);
});

test('asks again after a failure', async () => {
  const getResource = jest
    .fn()
    .mockRejectedValueOnce(new Error('unreachable'))
    .mockResolvedValueOnce({ kinds: [signIn] });
  const catalogue = new Catalogue(getResource);

  await expect(catalogue.kinds()).rejects.toThrow('unreachable');
  await expect(catalogue.kinds()).resolves.toEqual([signIn]);
});

test('searches for values of a field', async () => {
  const values = [{ value: 'Azure Portal', label: 'Azure Portal' }];
  const getResource = jest.fn().mockResolvedValue({ values });

  await expect(new Catalogue(getResource).values('signIn', 'appDisplayName', 'por')).resolves.toEqual(values);
  expect(getResource).toHaveBeenCalledWith('values', {
    kind: 'signIn',
    field: 'appDisplayName',
    search: 'por',
    limit: 50,
  });
});
