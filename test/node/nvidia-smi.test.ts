import { describe, expect, test } from 'vitest'
import { parseCards, queryCards } from '#node/nvidia-smi.ts'
import { cardOf, standInCards, standInProgram } from '../support/nvidia-smi.ts'

const mib = 2 ** 20

test('the answers of nvidia-smi become cards with their processes', () => {
  const cards = [
    '0, GPU-5a1b2c3d-0000-1111-2222-333344445555, NVIDIA H200, 580.95.05, 143771, 1204, Default, 9.0',
    '1, GPU-6b1b2c3d-0000-1111-2222-333344445555, Tesla T4, 580.95.05, 15360, 3, Exclusive_Process, 7.5',
    '',
  ].join('\r\n')
  const processes =
    'GPU-5a1b2c3d-0000-1111-2222-333344445555, 4711, 1200\nGPU-5a1b2c3d-0000-1111-2222-333344445555, 4712, [N/A]\n'
  expect(parseCards(cards, processes)).toEqual([
    {
      index: 0,
      uuid: 'GPU-5a1b2c3d-0000-1111-2222-333344445555',
      name: 'NVIDIA H200',
      driverVersion: '580.95.05',
      memoryBytes: 143_771 * mib,
      usedMemoryBytes: 1204 * mib,
      computeCapability: '9.0',
      isExclusive: false,
      processes: [
        { pid: 4711, memoryBytes: 1200 * mib },
        { pid: 4712, memoryBytes: null },
      ],
    },
    {
      index: 1,
      uuid: 'GPU-6b1b2c3d-0000-1111-2222-333344445555',
      name: 'Tesla T4',
      driverVersion: '580.95.05',
      memoryBytes: 15_360 * mib,
      usedMemoryBytes: 3 * mib,
      computeCapability: '7.5',
      isExclusive: true,
      processes: [],
    },
  ])
})

test.each(['[N/A]', '[Not Supported]', '[Insufficient Permissions]', 'N/A', '[Unknown Error]', 'ERR!'])(
  'a field "%s" is unknown',
  (text) => {
    const [card] = parseCards(`0, GPU-1, NVIDIA GB10, 580.95.05, ${text}, ${text}, ${text}, ${text}`, '')
    expect(card).toMatchObject({
      memoryBytes: null,
      usedMemoryBytes: null,
      computeCapability: null,
      isExclusive: false,
    })
  },
)

test.each(['a card', '0, [GPU is lost], x', 'x, GPU-1, y'])('"%s" is no card', (line) => {
  expect(() => parseCards(line, '')).toThrow('describes no card')
})

test('processes of other containers, without an id, are left out', () => {
  expect(
    parseCards('0, GPU-1, NVIDIA L4, 580.95.05, 1, 1, Default, 8.9', 'GPU-1, [N/A], [N/A]\nNo running processes found'),
  ).toMatchObject([{ processes: [] }])
})

describe('queryCards', () => {
  test('asks the program on the PATH', async () => {
    const cards = [cardOf(0, { processes: [{ pid: 12, memoryBytes: 3 * mib }] }), cardOf(1)]
    standInCards(cards)
    expect(await queryCards()).toEqual({ cards, problem: null })
  })

  test('without the program there are no cards', async () => {
    expect(await queryCards({ programs: ['/nowhere/nvidia-smi', '/nowhere/else'] })).toEqual({
      cards: [],
      problem: null,
    })
  })

  test('a failing program is a problem in its own words', async () => {
    standInProgram('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18')
    expect(await queryCards()).toEqual({
      cards: [],
      problem:
        'nvidia-smi could not list the graphics cards: Failed to initialize NVML: Driver/library version mismatch',
    })
  })

  test('a driver without a card is no problem', async () => {
    standInProgram('echo "No devices were found"; exit 6')
    expect(await queryCards()).toEqual({ cards: [], problem: null })
  })

  test('a program that does not answer is ended', async () => {
    standInProgram('exec sleep 60')
    expect(await queryCards({ timeoutMs: 200 })).toEqual({
      cards: [],
      problem: 'nvidia-smi could not list the graphics cards: It did not answer within 0.2 s.',
    })
  })

  test('an old driver that does not know the compute capability is asked without it', async () => {
    standInProgram(`case "$1" in
*compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
*query-gpu*) echo '0, GPU-1, Tesla V100, 470.57.02, 16160, 0, Default';;
esac`)
    expect(await queryCards()).toMatchObject({
      cards: [{ name: 'Tesla V100', driverVersion: '470.57.02', computeCapability: null }],
      problem: null,
    })
  })
})
