import { findField } from '../catalog';
import { kindNamed } from '../testing';
import type { CatalogField, Filter } from '../types';
import {
  addValues,
  hasValues,
  newFilter,
  removeValues,
  restricts,
  valuesIn,
  withField,
  withOperator,
  withValues,
} from './filters';

const field = (name: string) => findField(kindNamed('signIn'), name) as CatalogField;

const filter = (operator: Filter['operator'], ...values: string[]): Filter => ({
  field: 'appDisplayName',
  operator,
  values,
});

test.each([
  ['a value', ['Azure Portal'], true],
  ['no values', [], false],
  ['All, as Grafana writes it', ['$__all'], false],
  ['All among others', ['Azure Portal', '$__all'], false],
  ['a star', ['*'], false],
])('%s: restricts %p = %p', (_, values, expected) => {
  expect(restricts(filter('=', ...values))).toBe(expected);
});

test('a star is no All for a regular expression', () => {
  expect(restricts(filter('=~', '*'))).toBe(true);
});

test('a new filter restricts nothing', () => {
  expect(restricts(newFilter(field('status')))).toBe(false);
});

test('another field keeps the comparison it knows', () => {
  expect(withField(filter('in', 'a', 'b'), field('status'))).toEqual({ field: 'status', operator: 'in', values: [] });
});

test('another field starts with its own comparison otherwise', () => {
  expect(withField(filter('=~', 'a'), field('isCompliant'))).toEqual({
    field: 'isCompliant',
    operator: '=',
    values: [],
  });
});

test('a comparison with one value keeps the first', () => {
  expect(withOperator(filter('in', '1', '2'), '>=').values).toEqual(['1']);
});

test.each([
  ['=', 'in'],
  ['!=', 'notIn'],
  ['contains', 'contains'],
] as const)('several values turn %s into %s', (before, after) => {
  expect(withValues(filter(before), ['a', 'b'])).toEqual(filter(after, 'a', 'b'));
  expect(withValues(filter(before), ['a'])).toEqual(filter(before, 'a'));
});

describe('filter for and filter out', () => {
  const other: Filter = { field: 'status', operator: '=', values: ['failure'] };

  test.each<[string, Filter[], Filter[]]>([
    ['is added', [other], [other, filter('=', 'Teams')]],
    ['takes the place of another value', [filter('in', 'Excel', 'Word'), other], [other, filter('=', 'Teams')]],
    ['undoes its opposite', [filter('notIn', 'Teams', 'Word')], [filter('notIn', 'Word'), filter('=', 'Teams')]],
  ])('a value selected %s', (_, before, after) => {
    expect(addValues(before, 'appDisplayName', ['Teams'], '=')).toEqual(after);
  });

  test.each<[string, Filter[], Filter[]]>([
    ['is added', [other], [other, filter('!=', 'Teams')]],
    ['joins others that are', [filter('!=', 'Excel'), other], [other, filter('notIn', 'Excel', 'Teams')]],
    ['undoes its opposite', [filter('=', 'Teams')], [filter('!=', 'Teams')]],
  ])('a value left out %s', (_, before, after) => {
    expect(addValues(before, 'appDisplayName', ['Teams'], '!=')).toEqual(after);
  });

  test('a value is taken out, and a filter without values with it', () => {
    expect(removeValues([filter('in', 'Excel', 'Teams')], 'appDisplayName', ['Teams'], '=')).toEqual([
      filter('in', 'Excel'),
    ]);
    expect(removeValues([filter('=', 'Teams'), other], 'appDisplayName', ['Teams'], '=')).toEqual([other]);
  });

  test('a cell of a list holds several values', () => {
    const policies = findField(kindNamed('signIn'), 'conditionalAccessPolicies');
    expect(valuesIn('CA001, CA002', policies)).toEqual(['CA001', 'CA002']);
    expect(valuesIn('CA001, ', policies)).toEqual(['CA001']);
    expect(valuesIn('', policies)).toEqual(['']);
    expect(valuesIn('Outlook, new', field('appDisplayName'))).toEqual(['Outlook, new']);

    const both = addValues([other], 'appDisplayName', ['Excel', 'Word'], '=');
    expect(both).toEqual([other, filter('in', 'Excel', 'Word')]);
    expect(hasValues(both, 'appDisplayName', ['Excel', 'Word'], '=')).toBe(true);
    expect(hasValues(both, 'appDisplayName', ['Excel', 'Teams'], '=')).toBe(false);
    expect(removeValues(both, 'appDisplayName', ['Excel', 'Word'], '=')).toEqual([other]);
  });

  test('a value is known in whatever filter it is', () => {
    expect(hasValues([filter('in', 'Excel', 'Teams')], 'appDisplayName', ['Teams'], '=')).toBe(true);
    expect(hasValues([filter('notIn', 'Excel', 'Teams')], 'appDisplayName', ['Teams'], '=')).toBe(false);
    expect(hasValues([filter('=', 'Teams')], 'status', ['Teams'], '=')).toBe(false);
  });
});
