import type { DataFrame, PanelData, TimeRange } from '@grafana/data';

import type { PanelModel } from '../model';
import type { AdHocFilter } from '../templating';

/** What a panel draws. */
export interface PanelProps {
  panel: PanelModel;
  data: PanelData;
  frames: DataFrame[];
  width: number;
  height: number;
  range: TimeRange;
  timeZone: string;
  annotations: DataFrame[];
  onRange: (from: number, to: number) => void;
  onFilter?: (filter: AdHocFilter) => void;
}
