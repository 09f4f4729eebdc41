import React, { useState } from 'react';
import { render, screen } from '@testing-library/react';

import { fakeLayout } from '../testing';
import { newUser } from '../testing/user';
import type { EntraSettings } from '../types';
import { ConfigEditor } from './ConfigEditor';
import type { ConfigProps } from './config/useSettings';

type Options = ConfigProps['options'];

let saved: Options;

/** Keeps the settings as Grafana does between changes. */
function Page({ initial }: { initial: Partial<Options> }) {
  const [options, setOptions] = useState({
    jsonData: {},
    secureJsonFields: {},
    readOnly: false,
    ...initial,
  } as Options);
  return (
    <ConfigEditor
      options={options}
      onOptionsChange={(changed) => {
        saved = changed;
        setOptions(changed);
      }}
    />
  );
}

function open(initial: Partial<Options> = {}) {
  const user = newUser();
  render(<Page initial={initial} />);
  return user;
}

beforeEach(fakeLayout);

test.each<[label: RegExp, typed: string, key: keyof EntraSettings, value: unknown]>([
  [/^Host/, 'db.example.com', 'host', 'db.example.com'],
  [/^Port/, '6432', 'port', 6432],
  [/^Database/, 'entra', 'database', 'entra'],
  [/^User/, 'reader', 'user', 'reader'],
  [/^Tenant ID/, '4f6c', 'tenant', '4f6c'],
])('%s saves %p as %s', async (label, typed, key, value) => {
  const user = open({ jsonData: { tlsMode: 'require' } });
  await user.type(screen.getByLabelText(label), typed);
  expect(saved.jsonData).toEqual({ tlsMode: 'require', [key]: value });
});

test.each<[label: RegExp, key: keyof EntraSettings]>([
  [/^Open connections/, 'maxOpenConns'],
  [/^Idle connections/, 'maxIdleConns'],
  [/^Connection lifetime/, 'connMaxLifetime'],
  [/^Query timeout/, 'queryTimeout'],
  [/^RowsNo list/, 'maxRows'],
  [/^Rows of a download/, 'downloadLimit'],
  [/^Download timeout/, 'downloadTimeout'],
])('%s saves a number as %s, and nothing when emptied', async (label, key) => {
  const user = open();
  await user.click(screen.getByRole('button', { name: 'Expand section Limits' }));
  const input = screen.getByLabelText(label);
  await user.type(input, '25');
  expect(saved.jsonData[key]).toBe(25);
  await user.clear(input);
  expect(saved.jsonData[key]).toBeUndefined();
});

test('shows the settings it finds', () => {
  open({ jsonData: { host: 'db.example.com', port: 6432, tlsMode: 'verify-full' } });
  expect(screen.getByLabelText(/^Host/)).toHaveValue('db.example.com');
  expect(screen.getByLabelText(/^Port/)).toHaveValue(6432);
  expect(screen.getByLabelText('TLS mode')).toHaveValue('verify-full');
});

test.each<[EntraSettings['tlsMode'], string[]]>([
  ['disable', []],
  ['require', ['Client certificate', 'Client key']],
  ['verify-ca', ['CA certificate', 'Client certificate', 'Client key']],
  ['verify-full', ['CA certificate', 'Client certificate', 'Client key']],
])('TLS mode %s needs %p', (tlsMode, expected) => {
  open({ jsonData: { tlsMode } });
  const shown = ['CA certificate', 'Client certificate', 'Client key'].filter((label) =>
    screen.queryByLabelText(new RegExp(`^${label}`))
  );
  expect(shown).toEqual(expected);
});

test('saves the TLS mode', async () => {
  const user = open();
  await user.click(screen.getByLabelText('TLS mode'));
  await user.click(await screen.findByRole('option', { name: /^verify-full/ }));
  expect(saved.jsonData).toEqual({ tlsMode: 'verify-full' });
});

test.each([
  [/^Password/, 'password'],
  [/^CA certificate/, 'tlsCACert'],
  [/^Client certificate/, 'tlsClientCert'],
  [/^Client key/, 'tlsClientKey'],
] as const)('%s is saved as the secret %s beside the others', async (label, key) => {
  const user = open({ jsonData: { tlsMode: 'verify-full' }, secureJsonData: { password: 'a', tlsCACert: 'b' } });
  const input = screen.getByLabelText(label);
  await user.clear(input);
  await user.type(input, 'secret');
  expect(saved.secureJsonData).toEqual({ password: 'a', tlsCACert: 'b', [key]: 'secret' });
  expect(saved.jsonData).toEqual({ tlsMode: 'verify-full' });
});

test('a saved secret is not shown, and can be replaced', async () => {
  const user = open({ secureJsonFields: { password: true, tlsClientKey: true } });
  expect(screen.getByLabelText(/^Password/)).toBeDisabled();

  await user.click(screen.getAllByRole('button', { name: 'Reset' })[0]);
  expect(saved.secureJsonFields).toEqual({ password: false, tlsClientKey: true });
  expect(saved.secureJsonData).toEqual({ password: '' });

  await user.type(screen.getByLabelText(/^Password/), 'new');
  expect(saved.secureJsonData).toEqual({ password: 'new' });
});

test('explains what Save & test does', () => {
  open();
  expect(screen.getByText(/^Save & test connects to the database/)).toBeInTheDocument();
});

test('a provisioned data source cannot be changed', () => {
  open({ readOnly: true });
  for (const role of ['textbox', 'spinbutton', 'combobox'] as const) {
    screen.getAllByRole(role).forEach((control) => expect(control).toBeDisabled());
  }
});
