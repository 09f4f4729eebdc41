import React, { useEffect, useRef, useState } from 'react';
import type { CodeEditor } from '@grafana/ui';

type Props = React.ComponentProps<typeof CodeEditor>;

/**
 * Stands in for Monaco, which jsdom has no room for: a field of text that tells of changes and keys as it does, and names
 * what is underlined.
 */
export function FakeCodeEditor({
  value,
  monacoOptions,
  onBeforeEditorMount,
  onEditorDidMount,
  onChange,
  onBlur,
}: Props) {
  const [underlined, setUnderlined] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const keys = useRef<(event: object) => void>(() => {});

  useEffect(() => {
    const text = () => field.current?.value ?? '';
    const model = { id: '1', getValue: text, getPositionAt: (offset: number) => offset };
    const editor = {
      getModel: () => model,
      getValue: text,
      getContentHeight: () => 0,
      onDidContentSizeChange: () => {},
      onKeyDown: (listener: (event: object) => void) => (keys.current = listener),
    };
    const registered = { dispose: () => {} };
    const monaco = {
      KeyCode: { Enter: 'Enter' },
      MarkerSeverity: { Error: 8 },
      Range: { fromPositions: (start: number, end: number) => ({ start, end }) },
      editor: {
        setModelMarkers: (_: object, owner: string, markers: Array<{ start: number; end: number }>) =>
          setUnderlined(markers.map(({ start, end }) => text().slice(start, end)).join()),
      },
      languages: {
        getLanguages: () => [],
        register: () => {},
        setLanguageConfiguration: () => {},
        setMonarchTokensProvider: () => {},
        registerCompletionItemProvider: () => registered,
        registerHoverProvider: () => registered,
      },
    };
    onBeforeEditorMount?.(monaco as never);
    onEditorDidMount?.(editor as never, monaco as never);
    // As Monaco, once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  return (
    <textarea
      ref={field}
      aria-label={monacoOptions?.ariaLabel}
      data-underlined={underlined}
      value={value}
      onChange={(event) => onChange?.(event.currentTarget.value)}
      onBlur={(event) => onBlur?.(event.currentTarget.value)}
      onKeyDown={(event) =>
        keys.current({
          keyCode: event.key,
          shiftKey: event.shiftKey,
          preventDefault: () => event.preventDefault(),
          stopPropagation: () => event.stopPropagation(),
        })
      }
    />
  );
}
