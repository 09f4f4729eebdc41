import { formattedValueToString, type Field, type LinkModel } from '@grafana/data';
import React, { type ReactNode } from 'react';

interface Props {
  label: string;
  links?: LinkModel[];
  children: ReactNode;
}

/** A shape of a drawing that names itself, and leads on where its field has links. */
export function Marked({ label, links = [], children }: Props) {
  const [link] = links;
  const shape = (
    <g role={link ? undefined : 'img'} aria-label={link ? undefined : label}>
      <title>{links.length > 0 ? `${label} (${links.map(({ title }) => title).join(', ')})` : label}</title>
      {children}
    </g>
  );
  return link?.href ? (
    <a href={link.href} target={link.target} aria-label={`${label}: ${link.title}`}>
      {shape}
    </a>
  ) : (
    shape
  );
}

export function text(field: Field, row: number): string {
  const value = field.values[row];
  return field.display ? formattedValueToString(field.display(value)) : String(value ?? '');
}

export const links = (field: Field, row: number): LinkModel[] =>
  field.config.links?.length ? (field.getLinks?.({ valueRowIndex: row }) ?? []) : [];
