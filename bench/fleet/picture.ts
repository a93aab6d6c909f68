import type { FleetOptions, Placed, SimulatedRun } from './simulation.js'

const WIDTH = 1000
const LANE = 4
const GAP = 3
const LEFT = 70
const TOP = 40

/** Colours that differ in brightness too, with the name of each. */
const KINDS = [
  { name: 'with its cache', color: '#8fbf9f', has: ({ isWarm, isLost }: Placed) => isWarm && !isLost },
  { name: 'without a cache', color: '#3b6ea5', has: ({ isWarm, isLost }: Placed) => !isWarm && !isLost },
  { name: 'lost with its builder, and repeated', color: '#b5352a', has: ({ isLost }: Placed) => isLost },
] as const

/** Draws a run: a row per builder, with a lane per build that it does at a time. */
export function drawRun(
  { placed, makespan }: SimulatedRun,
  { builders, buildsPerBuilder }: FleetOptions,
  title: string,
): string {
  const row = LANE * buildsPerBuilder + GAP
  const height = TOP + builders.length * row + 40
  const scale = (WIDTH - LEFT - 10) / makespan
  const lanes = lanesOf(placed)
  const boxes = (some: readonly Placed[]) =>
    some.map((one) => {
      const x = LEFT + one.start * scale
      const y = TOP + builders.findIndex(({ name }) => name === one.builder) * row + (lanes.get(one) ?? 0) * LANE
      return `M${x.toFixed(1)} ${y}h${Math.max(0.4, (one.end - one.start) * scale - 0.3).toFixed(1)}v${LANE - 1}H${x.toFixed(1)}z`
    })
  const paths = KINDS.map(({ color, has }) => `<path fill="${color}" d="${boxes(placed.filter(has)).join('')}"/>`)
  const names = builders.map(
    ({ name }, at) => `<text x="4" y="${TOP + at * row + row - GAP - 4}" font-size="9">${name}</text>`,
  )
  const legend = KINDS.map(
    ({ name, color }, at) =>
      `<rect x="${LEFT + at * 240}" y="${height - 26}" width="12" height="12" fill="${color}"/><text x="${LEFT + at * 240 + 18}" y="${height - 16}" font-size="12">${name}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" font-size="14">${title}</text>`,
    ...names,
    ...paths,
    ...legend,
    '</svg>\n',
  ].join('\n')
}

/** A lane of its builder for each build, such that none overlaps another. */
function lanesOf(placed: readonly Placed[]): ReadonlyMap<Placed, number> {
  const ends = new Map<string, number[]>()
  const lanes = new Map<Placed, number>()
  for (const one of placed.toSorted((a, b) => a.start - b.start)) {
    const of = ends.get(one.builder) ?? []
    ends.set(one.builder, of)
    const free = of.findIndex((end) => end <= one.start)
    const lane = free < 0 ? of.length : free
    of[lane] = one.end
    lanes.set(one, lane)
  }
  return lanes
}
