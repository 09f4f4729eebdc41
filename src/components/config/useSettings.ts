import type { ChangeEvent } from 'react';
import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';

import type { EntraSecrets, EntraSettings } from '../../types';
import { wholeNumber } from '../../wholeNumber';

export type ConfigProps = DataSourcePluginOptionsEditorProps<EntraSettings, EntraSecrets>;

type Keys<T> = {
  [K in keyof EntraSettings]-?: NonNullable<EntraSettings[K]> extends T ? K : never;
}[keyof EntraSettings];

/** Reads and changes settings under the keys that provisioning uses. */
export function useSettings({ options, onOptionsChange }: ConfigProps) {
  const { jsonData, secureJsonData, secureJsonFields, readOnly } = options;

  const set = (change: EntraSettings) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...change } });

  const setSecret = (key: keyof EntraSecrets, value: string) =>
    onOptionsChange({
      ...options,
      secureJsonData: { ...secureJsonData, [key]: value },
      secureJsonFields: { ...secureJsonFields, [key]: false },
    });

  return {
    settings: jsonData,
    readOnly,
    set,
    /** Properties of an input that edits a text. */
    text: (key: Keys<string>) => ({
      value: jsonData[key] ?? '',
      disabled: readOnly,
      onChange: (event: ChangeEvent<HTMLInputElement>) => set({ [key]: event.currentTarget.value || undefined }),
    }),
    /** Properties of an input that edits a whole number; an empty one leaves it to the backend. */
    number: (key: Keys<number>) => ({
      type: 'number',
      min: 0,
      step: 1,
      value: jsonData[key] ?? '',
      disabled: readOnly,
      onChange: (event: ChangeEvent<HTMLInputElement>) => set({ [key]: wholeNumber(event.currentTarget.value) }),
    }),
    /** Properties of an input that edits a secret, which can be replaced but never read back. */
    secret: (key: keyof EntraSecrets) => ({
      isConfigured: Boolean(secureJsonFields?.[key]),
      value: secureJsonData?.[key] ?? '',
      disabled: readOnly,
      onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
        setSecret(key, event.currentTarget.value),
      onReset: () => setSecret(key, ''),
    }),
  };
}
