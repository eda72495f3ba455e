import { join } from 'node:path'
import type { Run } from '#contract/domain/run.ts'
import { formatQuantity } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { ExportedRun, Exporter } from './exporter.ts'
import { hyperparametersOf, type PlainValue } from './hyperparameters.ts'
import { OutputFile } from './output-file.ts'
import { type RecordedPoint, readPoints } from './points.ts'
import { booleanField, bytesField, doubleField, floatField, wholeField } from './protobuf.ts'
import { encodeRecord } from './record-file.ts'

// Field numbers are those of TensorBoard's event.proto, summary.proto, tensor.proto and the hparams plugin's plugin_data.proto.

/** Name of a run's event file. TensorBoard reads files whose name contains `tfevents`, in the order of their names. */
export const eventFileName = ({ createdAt }: Pick<Run, 'createdAt'>): string =>
  `events.out.tfevents.${String(Math.floor(Date.parse(createdAt) / 1000)).padStart(10, '0')}.mvd-studio`

/** Event files for TensorBoard: a folder for each run, whose name is the id of the run. */
export const tensorBoard: Exporter = {
  files: (runs) => runs.map(({ run }) => `${run.id}/${eventFileName(run)}`),
  async write(folder, runs, signal) {
    let points = 0
    let tooLarge = 0
    for (const exported of runs) {
      const { run } = exported
      await OutputFile.write(join(folder, run.id, eventFileName(run)), async (file) => {
        await file.append(startRecords(exported))
        for await (const batch of readPoints(exported.events, signal)) {
          points += batch.length
          tooLarge += batch.filter(({ value }) => Number.isFinite(value) && !fits(value)).length
          await file.append(pointRecords(batch))
        }
        await file.append(endRecords(run))
      })
    }
    return {
      points,
      notes:
        tooLarge === 0
          ? []
          : [
              `${formatQuantity(tooLarge, 'value')} ${tooLarge === 1 ? 'is' : 'are'} beyond the range of the 32-bit numbers of TensorBoard and became infinite. CSV and Parquet hold them exactly.`,
            ],
    }
  },
}

const fits = (value: number): boolean => Number.isFinite(Math.fround(value))

/** What an event file begins with: its version, the hyperparameters for the hparams plugin, and a text that describes the run. */
export function startRecords({ run, pipeline }: Pick<ExportedRun, 'run' | 'pipeline'>): Buffer {
  const timeMs = Date.parse(run.createdAt)
  const parameters = hyperparametersOf(run, pipeline)
  return Buffer.concat([
    eventRecord(timeMs, 0, bytesField(3, 'brain.Event:2')),
    startRecord(timeMs, 0),
    eventRecord(timeMs, 0, summary([hparamsValue('session_start_info', 3, sessionStart(run, parameters))])),
    eventRecord(timeMs, 0, summary([textValue('run', describe(run, parameters))])),
  ])
}

/** Points in their order; neighbours of the same step and time share a record. */
export function pointRecords(points: readonly RecordedPoint[]): Buffer {
  const records: Buffer[] = []
  let values: Buffer[] = []
  for (const [index, { metric, step, value, timeMs }] of points.entries()) {
    values.push(bytesField(1, [bytesField(1, metric), floatField(2, value)]))
    const next = points[index + 1]
    if (next?.step === step && next.timeMs === timeMs) continue
    records.push(eventRecord(timeMs, step, summary(values)))
    values = []
  }
  return Buffer.concat(records)
}

/** A new attempt that computes the steps after `fromStep` again: TensorBoard drops the points that it has from there on. */
export const restartRecord = (timeMs: number, fromStep: number): Buffer => startRecord(timeMs, fromStep + 1)

/** TensorBoard takes the first of these as the start of a run and every other as a new attempt from `step` on. */
const startRecord = (timeMs: number, step: number): Buffer =>
  eventRecord(timeMs, step, bytesField(7, [wholeField(1, sessionLogStart)]))

const sessionLogStart = 1
/** Values of the hparams plugin's enumeration of the states of a session. */
const sessionStatuses: Readonly<Partial<Record<Run['status'], number>>> = { finished: 1, failed: 2, running: 3 }

/** The end of a run for the hparams plugin; empty if it has not ended. */
export function endRecords({ status, endedAt }: Pick<Run, 'status' | 'endedAt'>): Buffer {
  if (endedAt === null) return Buffer.alloc(0)
  const timeMs = Date.parse(endedAt)
  const info = [wholeField(1, sessionStatuses[status] ?? 0), doubleField(2, timeMs / 1000)]
  return eventRecord(timeMs, 0, summary([hparamsValue('session_end_info', 4, info)]))
}

const eventRecord = (timeMs: number, step: number, content: Buffer): Buffer =>
  encodeRecord(Buffer.concat([doubleField(1, timeMs / 1000), wholeField(2, step), content]))

const summary = (values: readonly Buffer[]): Buffer => bytesField(5, values)

function sessionStart({ id, startedAt, createdAt }: Run, parameters: ReadonlyMap<string, PlainValue>): Buffer[] {
  return [
    ...Array.from(parameters, ([name, value]) => bytesField(1, [bytesField(1, name), bytesField(2, jsonValue(value))])),
    bytesField(4, id),
    doubleField(5, Date.parse(startedAt ?? createdAt) / 1000),
  ]
}

/** A `google.protobuf.Value`. */
function jsonValue(value: PlainValue): Buffer {
  if (typeof value === 'number') return doubleField(2, value)
  return typeof value === 'boolean' ? booleanField(4, value) : bytesField(3, value)
}

/** A summary that carries a message of the hparams plugin in its metadata; its tensor is empty. */
function hparamsValue(name: string, field: number, message: readonly Buffer[]): Buffer {
  const emptyTensor = [wholeField(1, dataTypes.float), bytesField(2, [bytesField(2, [])])]
  return bytesField(1, [
    bytesField(1, `_hparams_/${name}`),
    bytesField(9, [bytesField(1, [bytesField(1, 'hparams'), bytesField(2, [bytesField(field, message)])])]),
    bytesField(8, emptyTensor),
  ])
}

const dataTypes = { float: 1, string: 7 } as const

/** A text for the text plugin, in Markdown. */
function textValue(tag: string, text: string): Buffer {
  const tensor = [
    wholeField(1, dataTypes.string),
    bytesField(2, [bytesField(2, [wholeField(1, 1)])]),
    bytesField(8, text),
  ]
  return bytesField(1, [
    bytesField(1, `${tag}/text_summary`),
    bytesField(9, [bytesField(1, [bytesField(1, 'text')])]),
    bytesField(8, tensor),
  ])
}

function describe(run: Run, parameters: ReadonlyMap<string, PlainValue>): string {
  return [
    `**${run.id}**: ${stageTitles[run.stage]} of the pipeline ${run.pipelineId}, on the dataset ${run.dataset}, from the preset ${run.preset}`,
    '',
    '| hyperparameter | value |',
    '| --- | --- |',
    ...Array.from(parameters, ([name, value]) => `| ${name} | ${String(value).replaceAll('|', '\\|')} |`),
  ].join('\n')
}
