import { screen } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';

/**
 * A user whose clicks and keystrokes follow one another at once: no timer runs between finding an option and clicking
 * it, so a list cannot change under the mouse on a slow machine.
 */
export function newUser(): UserEvent {
  return userEvent.setup({ delay: null });
}

/** Chooses an option with the mouse, after searching where the list is long. */
export async function choose(user: UserEvent, label: string, option: string | RegExp, search = '') {
  await user.click(await screen.findByRole('combobox', { name: label }));
  if (search) {
    await user.keyboard(search);
  }
  await user.click(await screen.findByRole('option', { name: option }));
}
