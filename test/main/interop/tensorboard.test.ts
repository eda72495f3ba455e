import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crc32c } from '#main/interop/record-file.ts'
import {
  endRecords,
  eventFileName,
  pointRecords,
  restartRecord,
  startRecords,
  tensorBoard,
} from '#main/interop/tensorboard.ts'
import { findPython, notRun } from '../../support/not-run.ts'
import { temporaryFolder } from '../support.ts'
import { at, exportedRun, metrics, started } from './runs.ts'

test('the checksum is CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
})

test('an event has the bytes of the format', () => {
  const record = pointRecords([{ metric: 'a', step: 300, value: 0.5, timeMs: 2000 }])
  expect(record.toString('hex')).toBe(
    // Length and its checksum; time 2.0, step 300, a summary of one value with its tag and number; checksum.
    '1800000000000000a37f4b22' +
      '090000000000000040' +
      '10ac02' +
      '2a0a0a080a0161150000003f' +
      record.subarray(-4).toString('hex'),
  )
})

const time = (step: number) => Date.parse(at(step)) / 1000
const point = (step: number, value: number) => ({ metric: 'a', step, value, timeMs: Date.parse(at(step)) })

const { python, missing } = findPython('tensorboard')

/** What TensorBoard reads from a folder: scalars of each run, hyperparameters, states of sessions, texts. */
const reader = `
import json, sys
from tensorboard.backend.event_processing import plugin_event_multiplexer as multiplexer
from tensorboard.plugins.hparams import metadata
from tensorboard.util import tensor_util
m = multiplexer.EventMultiplexer(tensor_size_guidance={'tensors': 0})
m.AddRunsFromDirectory(sys.argv[1]); m.Reload()
out = {}
for run in m.Runs():
    scalars = {}
    for tag in m.PluginRunToTagToContent('scalars').get(run, {}):
        scalars[tag] = [[e.step, e.wall_time, repr(tensor_util.make_ndarray(e.tensor_proto).item())] for e in m.Tensors(run, tag)]
    hparams = m.PluginRunToTagToContent('hparams').get(run, {})
    start = metadata.parse_session_start_info_plugin_data(hparams['_hparams_/session_start_info'])
    end = hparams.get('_hparams_/session_end_info')
    text = [tensor_util.make_ndarray(e.tensor_proto)[0].decode() for e in m.Tensors(run, 'run/text_summary')]
    out[run] = {
        'scalars': scalars, 'text': text,
        'hparams': {k: v.WhichOneof('kind') + ' ' + str(getattr(v, v.WhichOneof('kind'))) for k, v in start.hparams.items()},
        'group': start.group_name, 'start': start.start_time_secs,
        'end': end and metadata.parse_session_end_info_plugin_data(end).status,
    }
print(json.dumps(out))`

interface ReadRun {
  scalars: Record<string, [number, number, string][]>
  text: string[]
  hparams: Record<string, string>
  group: string
  start: number
  end: number | null
}

function readByTensorBoard(folder: string): Record<string, ReadRun> {
  const { stdout, stderr, status } = spawnSync(python, ['-c', reader, folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, ReadRun>
}

describe('TensorBoard', () => {
  notRun(missing)

  test('reads the points, times, hyperparameters and states of exported runs', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const runs = [
      exportedRun([
        started(1, 0),
        metrics(1, { 'train/loss': 0.5, 'optimizer/learning-rate': 2 }),
        metrics(2, { 'train/loss': 'NaN' }),
        metrics(3, { 'train/loss': '-Infinity' }),
      ]),
      exportedRun([metrics(1, { 'train/loss': 1 })], { id: 'second', status: 'failed' }),
    ]
    for (const { run } of runs) mkdirSync(join(folder, run.id))
    await tensorBoard.write(folder, runs)
    const read = readByTensorBoard(folder)
    expect(read['first.distill']).toMatchObject({
      scalars: {
        'train/loss': [
          [1, time(1), '0.5'],
          [2, time(2), 'nan'],
          [3, time(3), '-inf'],
        ],
        'optimizer/learning-rate': [[1, time(1), '2.0']],
      },
      group: 'first.distill',
      start: time(0),
      end: 1,
      hparams: { 'general.seed': 'number_value 0.0', 'distill.batchSize': 'number_value 2.0' },
    })
    expect(read['first.distill']?.text[0]).toContain('| distill.batchSize | 2 |')
    expect(read['second.distill']).toMatchObject({ end: 2 })
  })

  test('drops the points that a new attempt computes again', { timeout: 60_000 }, () => {
    const folder = temporaryFolder()
    const exported = exportedRun([])
    writeFileSync(
      join(folder, eventFileName(exported.run)),
      Buffer.concat([
        startRecords(exported),
        pointRecords([point(1, 1), point(2, 2), point(3, 3)]),
        restartRecord(Date.parse(at(4)), 1),
        pointRecords([point(2, 20)]),
        endRecords(exported.run),
      ]),
    )
    const scalars = Object.values(readByTensorBoard(folder))[0]?.scalars['a']
    expect(scalars?.map(([step, , value]) => [step, value])).toEqual([
      [1, '1.0'],
      [2, '20.0'],
    ])
  })
})
