import type { Place, Post } from '#posts';
import type { Term } from './ast.ts';

/** Cells of the grid by which the index finds candidates: half a degree, about the widest circle X allows. */
const CELLS_PER_DEGREE = 2;
const COLUMNS = 360 * CELLS_PER_DEGREE;
/** A region of more cells is looked for among all posts with a position. */
const CELLS_MAX = 64;
/** Mean radius (IUGG), as in the haversine formula's usual statement. */
const EARTH_RADIUS_KM = 6371.0088;
const KM_PER_MILE = 1.609344;

type Region = Extract<Term, { kind: 'radius' | 'box' }>;
type Bounds = [west: number, south: number, east: number, north: number];
type Point = [longitude: number, latitude: number];

/** The cell of a post's position, or of the middle of its place. */
export function cellOf(post: Post, place: Place | undefined): string | undefined {
  const point = pointOf(post) ?? middleOf(place);
  return point && cellName(rowOf(point[1]), columnOf(point[0]));
}

/** Cells in which every post of the region lies; `undefined` when they are too many to name. */
export function cellsOf(region: Region): string[] | undefined {
  const [west, south, east, north] = boundsOf(region);
  const columns =
    Math.floor((east + 180) * CELLS_PER_DEGREE) - Math.floor((west + 180) * CELLS_PER_DEGREE) + 1;
  const rows = rowOf(north) - rowOf(south) + 1;
  if (!(columns * rows <= CELLS_MAX) || columns >= COLUMNS) return undefined;
  const cells: string[] = [];
  for (let row = rowOf(south); row <= rowOf(north); row += 1) {
    for (let step = 0; step < columns; step += 1) {
      const column = Math.floor((west + 180) * CELLS_PER_DEGREE) + step;
      cells.push(cellName(row, ((column % COLUMNS) + COLUMNS) % COLUMNS));
    }
  }
  return cells;
}

/** X's rule: the post's own position lies in the region, or without one its place does, as a whole. */
export function isInside(region: Region, post: Post, place: Place | undefined): boolean {
  const point = pointOf(post);
  if (point) return contains(region, point);
  const bounds = boundsOfPlace(place);
  if (!bounds) return false;
  const [west, south, east, north] = bounds;
  return (
    west <= east &&
    contains(region, [west, south]) &&
    contains(region, [east, south]) &&
    contains(region, [west, north]) &&
    contains(region, [east, north])
  );
}

function contains(region: Region, [longitude, latitude]: Point): boolean {
  if (region.kind === 'box') {
    const { west, south, east, north } = region;
    return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
  }
  return kmBetween([region.longitude, region.latitude], [longitude, latitude]) <= radiusKm(region);
}

function radiusKm(region: Region & { kind: 'radius' }): number {
  return region.unit === 'mi' ? region.radius * KM_PER_MILE : region.radius;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** Great-circle distance by the haversine formula. */
function kmBetween([fromLongitude, fromLatitude]: Point, [toLongitude, toLatitude]: Point): number {
  const a =
    Math.sin(radians(toLatitude - fromLatitude) / 2) ** 2 +
    Math.cos(radians(fromLatitude)) *
      Math.cos(radians(toLatitude)) *
      Math.sin(radians(toLongitude - fromLongitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

/** The smallest box around a region. A circle near a pole reaches around the globe. */
function boundsOf(region: Region): Bounds {
  if (region.kind === 'box') return [region.west, region.south, region.east, region.north];
  const angle = radiusKm(region) / EARTH_RADIUS_KM;
  const height = (angle * 180) / Math.PI;
  const south = Math.max(-90, region.latitude - height);
  const north = Math.min(90, region.latitude + height);
  const ratio = Math.sin(angle) / Math.cos(radians(region.latitude));
  const width = south > -90 && north < 90 && ratio < 1 ? (Math.asin(ratio) * 180) / Math.PI : 180;
  return [region.longitude - width, south, region.longitude + width, north];
}

function pointOf(post: Post): Point | undefined {
  const point = post.geo?.coordinates;
  return point && isOnEarth(point[0], point[1]) ? point : undefined;
}

function boundsOfPlace(place: Place | undefined): Bounds | undefined {
  const bounds = place?.geo?.bbox;
  return bounds && isOnEarth(bounds[0], bounds[1]) && isOnEarth(bounds[2], bounds[3]) ? bounds : undefined;
}

function middleOf(place: Place | undefined): Point | undefined {
  const bounds = boundsOfPlace(place);
  return bounds && [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2];
}

function isOnEarth(longitude: number, latitude: number): boolean {
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
}

function rowOf(latitude: number): number {
  return Math.floor((latitude + 90) * CELLS_PER_DEGREE);
}

function columnOf(longitude: number): number {
  return Math.floor((longitude + 180) * CELLS_PER_DEGREE) % COLUMNS;
}

function cellName(row: number, column: number): string {
  return `${row}x${column}`;
}
