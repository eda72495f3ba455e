import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crc32c } from '#main/interop/record-file.ts'
import { readTensorBoard } from '#main/interop/tensorboard-reader.ts'
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

/** What TensorBoard writes: scalars as numbers and as tensors, a vector, and hyperparameters. */
const writer = `
import sys
import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, metadata as hparams, plugin_data_pb2
from tensorboard.plugins.scalar import metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util
w = EventFileWriter(sys.argv[1])
def add(step, time, *values):
    w.add_event(event_pb2.Event(step=step, wall_time=time, summary=summary_pb2.Summary(value=values)))
def tensor(tag, value):
    return summary_pb2.Summary.Value(tag=tag, tensor=tensor_util.make_tensor_proto(value), metadata=metadata.create_summary_metadata('', ''))
start = plugin_data_pb2.SessionStartInfo()
start.hparams['lr'].number_value = 0.1
start.hparams['optimizer'].string_value = 'adam'
start.hparams['nesterov'].bool_value = True
start.hparams['layers'].number_value = 3
end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS)
for name, data in [('session_start_info', {'session_start_info': start}), ('session_end_info', {'session_end_info': end})]:
    meta = hparams.create_summary_metadata(plugin_data_pb2.HParamsPluginData(**data))
    add(0, 1700000000, summary_pb2.Summary.Value(tag='_hparams_/' + name, metadata=meta, tensor=hparams.NULL_TENSOR))
add(0, 1700000000.25, summary_pb2.Summary.Value(tag='simple', simple_value=0.5))
add(7, 1700000001.25, summary_pb2.Summary.Value(tag='simple', simple_value=float('nan')))
add(3, 1700000002.25, tensor('double', np.float64(0.1)), tensor('whole', np.int64(-5)), tensor('half', np.float16(1.5)), tensor('vector', [1.0, 2.0]))
w.close()`

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

  test('writes event files that the studio reads', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const { status, stderr } = spawnSync(python, ['-c', writer, folder], { encoding: 'utf8' })
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    const { runs } = await readTensorBoard(folder)
    expect(runs).toHaveLength(1)
    const [run] = runs
    expect(Object.fromEntries(run!.series)).toEqual({
      simple: { steps: [0, 7], values: [0.5, Number.NaN], timesMs: [1_700_000_000_250, 1_700_000_001_250] },
      double: { steps: [3], values: [0.1], timesMs: [1_700_000_002_250] },
      whole: { steps: [3], values: [-5], timesMs: [1_700_000_002_250] },
      half: { steps: [3], values: [1.5], timesMs: [1_700_000_002_250] },
    })
    expect(run!.source).toMatchObject({
      status: 'succeeded',
      parameters: { lr: 0.1, optimizer: 'adam', nesterov: 'true', layers: 3 },
    })
    expect(run!.notes).toEqual(['1 tensor tag not imported, since only scalars are: vector.'])
  })
})
