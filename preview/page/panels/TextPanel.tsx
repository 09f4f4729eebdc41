import { css } from '@emotion/css';
import { renderTextPanelMarkdown } from '@grafana/data';
import { RenderUserContentAsHTML } from '@grafana/ui';
import React from 'react';

import { variables } from '../templating';
import type { PanelProps } from './PanelProps';

export function TextPanel({ panel, height }: PanelProps) {
  const html = renderTextPanelMarkdown(variables.replace(panel.options?.content));
  // What scrolls has to be reachable by keyboard.
  return (
    <div className={css({ height, overflow: 'auto' })} tabIndex={0} role="region" aria-label={panel.title ?? 'Text'}>
      <RenderUserContentAsHTML className="markdown-html" content={html} />
    </div>
  );
}
