import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';
import { isEqual } from 'lodash';

import type { Query } from '../types';
import { AnnotationEditor } from './AnnotationEditor';
import { annotationQuery, DEFAULT_ANNOTATION } from './annotationQuery';

/** Marks records on every graph of a dashboard. */
export const annotationSupport: AnnotationSupport<Query> = {
  QueryEditor: AnnotationEditor,
  getDefaultQuery: () => DEFAULT_ANNOTATION,
  // The very same annotation where nothing is to be done: Grafana's editor prepares until nothing changes any more.
  prepareAnnotation: (json: AnnotationQuery<Query>) => {
    const target = annotationQuery(json.target);
    return isEqual(target, json.target) ? json : { ...json, target };
  },
  prepareQuery: ({ target }) => annotationQuery(target),
};
