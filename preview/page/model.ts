// What of a dashboard's file the preview draws.
import type { DataLink, DataTransformerConfig, FieldConfigSource, RawTimeRange } from '@grafana/data';

import type { EntraQuery } from '../../src/types';
import type { VariableModel } from './templating';

export interface PanelModel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: EntraQuery[];
  datasource?: { type?: string; uid?: string };
  fieldConfig?: FieldConfigSource;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each panel type has its own
  options?: any;
  transformations?: DataTransformerConfig[];
  timeFrom?: string;
  timeShift?: string;
  hideTimeOverride?: boolean;
  maxDataPoints?: number;
  interval?: string;
  links?: DataLink[];
  transparent?: boolean;
  collapsed?: boolean;
  panels?: PanelModel[];
}

export interface AnnotationModel {
  name: string;
  enable?: boolean;
  hide?: boolean;
  iconColor?: string;
  builtIn?: number;
  datasource?: { type?: string; uid?: string };
  target?: EntraQuery;
  filter?: { exclude?: boolean; ids?: number[] };
}

export interface DashboardLink {
  title: string;
  type: 'link' | 'dashboards';
  icon?: string;
  url?: string;
  tags?: string[];
  asDropdown?: boolean;
  includeVars?: boolean;
  keepTime?: boolean;
  targetBlank?: boolean;
  tooltip?: string;
}

export interface DashboardModel {
  uid: string;
  title: string;
  description?: string;
  tags?: string[];
  time?: RawTimeRange;
  timezone?: string;
  refresh?: string | false;
  weekStart?: string;
  timepicker?: { hidden?: boolean };
  templating?: { list?: VariableModel[] };
  annotations?: { list?: AnnotationModel[] };
  links?: DashboardLink[];
  panels?: PanelModel[];
}
