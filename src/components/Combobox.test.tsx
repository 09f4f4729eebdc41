import { render, screen } from '@testing-library/react';
import React, { useState } from 'react';

import { fakeLayout } from '../testing';
import { newUser } from '../testing/user';
import { Combobox } from './Combobox';

const NAMES = ['Mail', 'Teams', 'Excel'];
const found = () => NAMES.map((value) => ({ value, label: value }));

beforeEach(fakeLayout);

test.each<[string, () => React.ComponentProps<typeof Combobox>['options'], unknown]>([
  ['a list', found, 'Mail'],
  ['a list, and an option as value', found, { value: 'Mail', label: 'Mail' }],
  ['options that are searched for', () => async () => found(), 'Mail'],
  [
    'options that are searched for, and an option as value',
    () => async () => found(),
    { value: 'Mail', label: 'Mail' },
  ],
])('what is typed stays while the parent renders: %s', async (_, options, value) => {
  const user = newUser();
  let renderAgain = () => {};
  function Parent() {
    const [count, setCount] = useState(0);
    renderAgain = () => setCount(count + 1);
    const chosen = typeof value === 'object' ? { ...value } : value;
    return <Combobox aria-label="Application" options={options()} value={chosen as string} onChange={() => {}} />;
  }
  render(<Parent />);
  const field = screen.getByRole('combobox', { name: 'Application' });
  await user.click(field);
  await user.keyboard('T');
  React.act(renderAgain);
  await user.keyboard('ea');
  expect(field).toHaveValue('Tea');
  expect(await screen.findByRole('option', { name: 'Teams' })).toBeInTheDocument();
});
