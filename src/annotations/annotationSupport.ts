import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';

import type { EntraQuery } from '../types';
import { AnnotationEditor } from './AnnotationEditor';
import { annotationQuery, DEFAULT_ANNOTATION } from './annotationQuery';

/** Marks records on every graph of a dashboard. */
export const annotationSupport: AnnotationSupport<EntraQuery> = {
  QueryEditor: AnnotationEditor,
  getDefaultQuery: () => DEFAULT_ANNOTATION,
  prepareAnnotation: (json: AnnotationQuery<EntraQuery>) => ({ ...json, target: annotationQuery(json.target) }),
  prepareQuery: ({ target }) => annotationQuery(target),
};
