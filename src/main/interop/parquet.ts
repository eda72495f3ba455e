import { join } from 'node:path'
import { type ColumnSource, fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { Exporter } from './exporter.ts'
import { type RecordedPoint, readPoints } from './points.ts'
import { type RunColumn, runTable } from './run-table.ts'

/** Rows that are encoded at once, in about 30 ms. The end of the file, which is written at once, has some numbers for each group. */
const rowGroupSize = 12_288
/** Columns that hardly differ between groups have no statistics, which would make the end of the file longer. */
const plain = { nullable: false, offsetIndex: false, statistics: false } as const
const summarized = { ...plain, statistics: true } as const

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
    { name: 'run', data: points.map(([run]) => run), type: 'STRING', ...summarized },
    { name: 'metric', data: points.map(([, { metric }]) => metric), type: 'STRING', ...plain },
    { name: 'step', data: BigInt64Array.from(points, ([, { step }]) => BigInt(step)), type: 'INT64', ...summarized },
    { name: 'time', data: points.map(([, { timeMs }]) => new Date(timeMs)), type: 'TIMESTAMP', ...plain },
    { name: 'value', data: Float64Array.from(points, ([, { value }]) => value), type: 'DOUBLE', ...plain },
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
