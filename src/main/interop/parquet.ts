import { join } from 'node:path'
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { Exporter } from './exporter.ts'
import { type RecordedPoint, readPoints } from './points.ts'
import { type RunColumn, runTable } from './run-table.ts'

/** Rows that are encoded at once, in some ten milliseconds. */
const rowGroupSize = 4096

/** The tables of CSV with typed columns: `points.parquet` and `runs.parquet`. */
export const parquet: Exporter = {
  files: () => ['points.parquet', 'runs.parquet'],
  async write(folder, runs, signal) {
    let points = 0
    const writer = openWriter(join(folder, 'points.parquet'), pointColumns([]))
    let group: [string, RecordedPoint][] = []
    const flush = async () => {
      if (group.length > 0) await writer.write({ columnData: pointColumns(group), rowGroupSize })
      group = []
    }
    for (const { run, events } of runs)
      for await (const batch of readPoints(events, signal)) {
        points += batch.length
        for (const point of batch) {
          group.push([run.id, point])
          if (group.length === rowGroupSize) await flush()
        }
      }
    await flush()
    await writer.finish()
    const columnData = runTable(runs).map(runColumn)
    const table = openWriter(join(folder, 'runs.parquet'), columnData)
    await table.write({ columnData, rowGroupSize })
    await table.finish()
    return { points, notes: [] }
  },
}

const openWriter = (file: string, columnData: ColumnSource[]): ParquetWriter =>
  new ParquetWriter({
    writer: fileWriter(file),
    schema: schemaFromColumnData({ columnData }),
    createdBy: 'MVD Studio',
  })

function pointColumns(points: readonly (readonly [string, RecordedPoint])[]): ColumnSource[] {
  return [
    { name: 'run', data: points.map(([run]) => run), type: 'STRING', nullable: false },
    { name: 'metric', data: points.map(([, { metric }]) => metric), type: 'STRING', nullable: false },
    { name: 'step', data: BigInt64Array.from(points, ([, { step }]) => BigInt(step)), type: 'INT64', nullable: false },
    { name: 'time', data: points.map(([, { timeMs }]) => new Date(timeMs)), type: 'TIMESTAMP', nullable: false },
    { name: 'value', data: Float64Array.from(points, ([, { value }]) => value), type: 'DOUBLE', nullable: false },
  ]
}

/** A column has the type of its key: text, numbers, truth values or times. */
function runColumn({ key, kind, values }: RunColumn): ColumnSource {
  switch (kind) {
    case 'number':
      return { name: key, type: 'DOUBLE', nullable: true, data: [...values] }
    case 'flag':
      return { name: key, type: 'BOOLEAN', nullable: true, data: [...values] }
    case 'time':
      return {
        name: key,
        type: 'TIMESTAMP',
        nullable: true,
        data: values.map((value) => (value === null ? null : new Date(String(value)))),
      }
    case 'text':
      return {
        name: key,
        type: 'STRING',
        nullable: true,
        data: values.map((value) => (value === null ? null : String(value))),
      }
  }
}
