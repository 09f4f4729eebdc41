import type { Monaco, MonacoEditor, monacoTypes } from '@grafana/ui';

import type { MetricsVocabulary } from '../types';
import { explain, situationAt, suggest, type Suggestion } from './completion';
import { LANGUAGE, setFunctions } from './language';

/** What an editor requests while somebody types. */
export interface Sources {
  vocabulary: () => Promise<MetricsVocabulary>;
  values: (metric: string, label: string, search: string, match: string) => Promise<string[]>;
  /** Names of the dashboard's variables. */
  variables: () => string[];
}

/** A piece of the text that is wrong, and why. */
export interface Mistake {
  message: string;
  start: number;
  end: number;
}

export interface Connection {
  /** Underlines a mistake, or nothing. */
  mark: (mistake?: Mistake) => void;
  dispose: () => void;
}

/** Lets an editor complete what is typed, explain what is pointed at, and underline mistakes. */
export function connect(editor: MonacoEditor, monaco: Monaco, sources: Sources): Connection {
  // Providers are called for every editor of the page; each replies for its own.
  const isOwn = (model: monacoTypes.editor.ITextModel) => model.id === editor.getModel()?.id;
  const none: MetricsVocabulary = { metrics: [], functions: [], rejected: [] };
  const vocabulary = () => sources.vocabulary().catch(() => none);

  const completion = monaco.languages.registerCompletionItemProvider(LANGUAGE, {
    triggerCharacters: ['{', '(', '[', ',', '"', "'", '`', '=', '|', ' ', '$'],
    provideCompletionItems: async (model, position) => {
      if (!isOwn(model)) {
        return { suggestions: [] };
      }
      const situation = situationAt(model.getValue(), model.getOffsetAt(position));
      const found = await suggest(situation, await vocabulary(), sources.variables(), sources.values).catch(() => []);
      const range = rangeOf(monaco, model, situation.start, situation.end);
      return {
        suggestions: found.map((suggestion, index) => completionItem(monaco, suggestion, range, index)),
        // What is typed on is searched for in the records.
        incomplete: situation.expects === 'value',
      };
    },
  });

  const hover = monaco.languages.registerHoverProvider(LANGUAGE, {
    provideHover: async (model, position) => {
      const found = isOwn(model) && explain(model.getValue(), model.getOffsetAt(position), await vocabulary());
      return found
        ? {
            range: rangeOf(monaco, model, found.start, found.end),
            contents: found.markdown.filter(Boolean).map((value) => ({ value })),
          }
        : null;
    },
  });

  vocabulary().then((known) => setFunctions(monaco, known));

  return {
    mark: (mistake) => {
      const model = editor.getModel();
      if (model) {
        monaco.editor.setModelMarkers(model, LANGUAGE, mistake ? [marker(monaco, model, mistake)] : []);
      }
    },
    dispose: () => {
      completion.dispose();
      hover.dispose();
    },
  };
}

function completionItem(
  { languages }: Monaco,
  { kind, label, detail, documentation, insert }: Suggestion,
  range: monacoTypes.IRange,
  index: number
): monacoTypes.languages.CompletionItem {
  const { CompletionItemKind } = languages;
  const kinds = {
    metric: CompletionItemKind.Variable,
    label: CompletionItemKind.Field,
    value: CompletionItemKind.Value,
    function: CompletionItemKind.Function,
    keyword: CompletionItemKind.Keyword,
    duration: CompletionItemKind.Unit,
    variable: CompletionItemKind.Constant,
  };
  return {
    label,
    kind: kinds[kind],
    detail,
    documentation,
    insertText: insert,
    range,
    // In the order given.
    sortText: String(index).padStart(5, '0'),
  };
}

function rangeOf(monaco: Monaco, model: monacoTypes.editor.ITextModel, start: number, end: number): monacoTypes.Range {
  return monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end));
}

function marker(monaco: Monaco, model: monacoTypes.editor.ITextModel, { message, start, end }: Mistake) {
  return { ...rangeOf(monaco, model, start, end), severity: monaco.MarkerSeverity.Error, message };
}
