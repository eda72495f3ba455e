import { join } from 'node:path'
import { csvField } from '#contract/csv.ts'
import type { Exporter } from './exporter.ts'
import type { PlainValue } from './hyperparameters.ts'
import { OutputFile } from './output-file.ts'
import { readPoints } from './points.ts'
import { runTable } from './run-table.ts'

/** Two tables: `points.csv` with a line for each point, `runs.csv` with a line for each run. */
export const csv: Exporter = {
  files: () => ['points.csv', 'runs.csv'],
  async write(folder, runs, signal) {
    let points = 0
    await OutputFile.write(join(folder, 'points.csv'), async (file) => {
      await file.append(csvLine(['run', 'metric', 'step', 'time', 'value']))
      for (const { run, events } of runs)
        for await (const batch of readPoints(events, signal)) {
          points += batch.length
          const lines = batch.map(({ metric, step, timeMs, value }) =>
            csvLine([run.id, metric, step, new Date(timeMs).toISOString(), value]),
          )
          await file.append(lines.join(''))
        }
    })
    const columns = runTable(runs)
    await OutputFile.write(join(folder, 'runs.csv'), async (file) => {
      await file.append(csvLine(columns.map(({ key }) => key)))
      for (const index of runs.keys()) await file.append(csvLine(columns.map(({ values }) => values[index] ?? null)))
    })
    return { points, notes: [] }
  },
}

/** One line, quoted as in RFC 4180. A value that is not there is empty; numbers that are not finite are `NaN`, `inf` and `-inf`. */
export const csvLine = (cells: readonly (PlainValue | null)[]): string => `${cells.map(cellText).join(',')}\n`

const cellText = (value: PlainValue | null): string =>
  csvField(typeof value === 'number' ? String(value).replace('Infinity', 'inf') : value)
