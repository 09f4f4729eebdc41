import { type DataFrame, type Field, FieldType, getFieldDisplayName, toDataFrame } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { geoCentroid, geoEquirectangular, geoPath } from 'd3-geo';
import React, { useEffect, useState } from 'react';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';

import type { PanelProps } from './PanelProps';
import { links, Marked, text } from './Marked';

type Countries = GeoJSON.FeatureCollection;
type Place = [longitude: number, latitude: number];

interface Layer {
  type: string;
  name?: string;
  config?: { src?: string; style?: Style };
  location?: { mode?: string; lookup?: string; gazetteer?: string; latitude?: string; longitude?: string };
}

interface Style {
  color?: { fixed?: string; field?: string };
  size?: { fixed?: number; field?: string; min?: number; max?: number };
}

const files = new Map<string, Promise<unknown>>();

/** Reads a file that the plugin ships, once. */
function read(src: string): Promise<unknown> {
  const url = src.startsWith('/') ? src : `/${src}`;
  const found = files.get(url) ?? fetch(url).then((response) => (response.ok ? response.json() : undefined));
  files.set(url, found);
  return found;
}

function collection(file: unknown): Countries | undefined {
  const { type, objects } = (file ?? {}) as Partial<Topology>;
  if (type === 'Topology' && objects) {
    return feature(file as Topology, Object.values(objects)[0]) as unknown as Countries;
  }
  return (file as Countries | undefined)?.features ? (file as Countries) : undefined;
}

/** Grafana publishes no map: the countries of the layer's file, and a circle for each row of the result. */
export function GeomapPanel({ panel, frames, width, height }: PanelProps) {
  const theme = useTheme2();
  const layers: Layer[] = [panel.options?.basemap, ...(panel.options?.layers ?? [])].filter(Boolean);
  const src = layers.find(({ config }) => config?.src)?.config?.src;
  const markers = layers.find(({ type }) => type === 'markers');
  const gazetteer = markers?.location?.gazetteer;
  const [world, setWorld] = useState<Countries>();
  const [places, setPlaces] = useState<Map<string, Place>>();

  useEffect(() => {
    let current = true;
    void Promise.all([src ? read(src) : undefined, gazetteer && gazetteer !== src ? read(gazetteer) : undefined]).then(
      ([map, list]) => {
        if (current) {
          const countries = collection(map);
          setWorld(countries);
          setPlaces(placesOf(collection(list) ?? countries, list));
        }
      }
    );
    return () => {
      current = false;
    };
  }, [src, gazetteer]);

  const projection = geoEquirectangular().fitExtent(
    [
      [4, 4],
      [width - 4, height - 4],
    ],
    {
      type: 'MultiPoint',
      coordinates: [
        [-170, 75],
        [180, -55],
      ],
    } as never
  );
  const path = geoPath(projection);
  const points = places && markers ? pointsOf(frames, markers, places) : [];
  const { size, color } = markers?.config?.style ?? {};
  const most = Math.max(1, ...points.map(({ value }) => value));
  const [least, largest] = [size?.min ?? 3, size?.max ?? 18];

  return (
    <svg width={width} height={height} role="group" aria-label={panel.title}>
      {world?.features.map((country, i) => (
        <path
          key={i}
          d={path(country) ?? ''}
          fill={theme.colors.background.secondary}
          stroke={theme.colors.border.medium}
          strokeWidth={0.5}
        />
      ))}
      {points.map(({ place, value, field, row, label }) => {
        const at = projection(place);
        const radius = least + (largest - least) * Math.sqrt(Math.max(0, value) / most);
        const fill = color?.fixed ? theme.visualization.getColorByName(color.fixed) : field?.display?.(value).color;
        return (
          at && (
            <Marked key={row} label={label} links={field ? links(field, row) : []}>
              <circle cx={at[0]} cy={at[1]} r={radius} fill={fill} fillOpacity={0.6} stroke={fill} />
            </Marked>
          )
        );
      })}
    </svg>
  );
}

/** Where each country lies, by every code and name that the file gives it. */
function placesOf(countries: Countries | undefined, list: unknown): Map<string, Place> {
  const found = new Map<string, Place>();
  for (const country of countries?.features ?? []) {
    const names = [country.id, ...Object.values(country.properties ?? {})].flat();
    const { longitude, latitude, lon, lat } = country.properties ?? {};
    const given = [longitude ?? lon, latitude ?? lat].map(Number);
    const place = given.every(Number.isFinite) ? (given as Place) : geoCentroid(country);
    names.filter((name) => typeof name === 'string').forEach((name) => found.set(name.toUpperCase(), place));
  }
  // Grafana's own form of such a list: rows with a key, or keys, and coordinates.
  for (const each of Array.isArray(list) ? list : []) {
    const place: Place = [Number(each.longitude), Number(each.latitude)];
    [each.key, ...(each.keys ?? []), each.name]
      .filter(Boolean)
      .forEach((key: string) => found.set(key.toUpperCase(), place));
  }
  return found;
}

interface Point {
  place: Place;
  value: number;
  field?: Field;
  row: number;
  label: string;
}

function pointsOf(frames: DataFrame[], { location, config }: Layer, places: Map<string, Place>): Point[] {
  return frames
    .map((frame) => toDataFrame(frame))
    .flatMap((frame) => {
      const named = (name?: string) =>
        name
          ? frame.fields.find((field) => field.name === name || getFieldDisplayName(field, frame) === name)
          : undefined;
      const where = named(location?.lookup) ?? frame.fields.find(({ type }) => type === FieldType.string);
      const value = named(config?.style?.size?.field) ?? frame.fields.find(({ type }) => type === FieldType.number);
      const [longitude, latitude] = [
        named(location?.longitude ?? 'longitude'),
        named(location?.latitude ?? 'latitude'),
      ];
      return Array.from({ length: frame.length }, (_, row) => row).flatMap((row) => {
        const coordinates: Place | undefined =
          longitude && latitude
            ? [longitude.values[row], latitude.values[row]]
            : places.get(String(where?.values[row] ?? '').toUpperCase());
        return coordinates
          ? [
              {
                place: coordinates,
                value: Number(value?.values[row] ?? 1),
                field: value,
                row,
                label: `${where ? text(where, row) : ''} ${value ? text(value, row) : ''}`,
              },
            ]
          : [];
      });
    });
}
