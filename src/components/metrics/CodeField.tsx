import React, { useEffect, useRef, useState } from 'react';
import { t } from '@grafana/i18n';
import { CodeEditor, FieldValidationMessage, type Monaco, type MonacoEditor } from '@grafana/ui';

import { LANGUAGE, registerLanguage } from '../../metrics/language';
import { connect, type Connection, type Mistake, type Sources } from '../../metrics/monaco';

interface Props {
  value: string;
  sources: Sources;
  mistake?: Mistake;
  /** Told of every change while typing. */
  onType: (value: string) => void;
  /** Told when typing is done. */
  onCommit: (value: string) => void;
  /** Called when the query is to run. */
  onRun: (value: string) => void;
}

const MIN_HEIGHT = 60;
const MAX_HEIGHT = 300;

/** An expression as text, with help while it is typed. */
export function CodeField({ value, sources, mistake, onType, onCommit, onRun }: Props) {
  const [connection, setConnection] = useState<Connection>();
  const [height, setHeight] = useState(MIN_HEIGHT);
  // The editor keeps the functions that it is given first.
  const latest = useRef({ sources, onType, onRun });
  useEffect(() => {
    latest.current = { sources, onType, onRun };
  });

  useEffect(() => connection?.mark(mistake), [connection, mistake]);
  useEffect(() => () => connection?.dispose(), [connection]);

  const mounted = (editor: MonacoEditor, monaco: Monaco) => {
    setConnection(
      connect(editor, monaco, {
        vocabulary: () => latest.current.sources.vocabulary(),
        values: (...search) => latest.current.sources.values(...search),
        variables: () => latest.current.sources.variables(),
      })
    );
    const resize = () => setHeight(Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, editor.getContentHeight())));
    editor.onDidContentSizeChange(resize);
    resize();
    // A command of Monaco's would be that of the editor mounted last, of all on the page.
    editor.onKeyDown((event) => {
      if (event.keyCode === monaco.KeyCode.Enter && event.shiftKey) {
        event.preventDefault();
        event.stopPropagation();
        latest.current.onRun(editor.getValue());
      }
    });
  };

  return (
    <>
      <CodeEditor
        value={value}
        language={LANGUAGE}
        height={height}
        showMiniMap={false}
        showLineNumbers={false}
        wordWrap
        monacoOptions={{
          ariaLabel: t(
            'metrics-editor.code.label',
            'Expression in MetricsQL. Shift+Enter runs it, Ctrl+M lets Tab leave the field'
          ),
          folding: false,
          lineNumbersMinChars: 0,
          overviewRulerLanes: 0,
          renderLineHighlight: 'none',
          scrollBeyondLastLine: false,
          suggest: { showWords: false },
          // Strings hold values.
          quickSuggestions: { other: true, comments: false, strings: true },
        }}
        onBeforeEditorMount={registerLanguage}
        onEditorDidMount={mounted}
        onChange={(text) => latest.current.onType(text)}
        onBlur={onCommit}
        onSave={onCommit}
      />
      <div role="status">{mistake && <FieldValidationMessage>{mistake.message}</FieldValidationMessage>}</div>
    </>
  );
}
