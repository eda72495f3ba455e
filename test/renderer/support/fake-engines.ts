import type { CardStatus } from '#contract/domain/card.ts'
import type { EngineVerdict } from '#contract/domain/engine.ts'

const missing = {
  isPresent: false,
  device: '',
  selfTest: null,
  secondsPerStep: null,
  isChosen: false,
  verdict: 'Not present.',
}
const sound = (share: string, tensor: string) => ({
  passed: true,
  worstDifference: Number(share),
  sentence: `Two steps agree with plain JavaScript: largest difference ${share} (${tensor}).`,
})

/** A machine with a graphics card whose driver computes wrong results. */
export function fakeEngines(triedAt = '2026-11-02T08:30:00.000Z'): EngineVerdict[] {
  const engines: Omit<EngineVerdict, 'triedAt'>[] = [
    {
      ...missing,
      name: 'onnx-cuda',
      reason: 'The CUDA libraries of ONNX Runtime are not installed.',
      detail:
        '/opt/mvd-studio/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so is missing.',
      install: 'npm run -s studio -- engine install cuda',
    },
    {
      ...missing,
      name: 'tensorflow',
      reason: 'The native library of @tensorflow/tfjs-node-gpu is missing or cannot be loaded.',
      detail:
        '@tensorflow/tfjs-node-gpu: The Node.js native addon module (tfjs_binding.node) can not be found at path: /opt/mvd-studio/node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node.',
      install: 'npm run -s studio -- engine install tensorflow',
    },
    {
      name: 'onnx-webgpu',
      isPresent: true,
      reason: 'Compiles each step to one graph; for any graphics card, through Vulkan, Metal or Direct3D.',
      device: 'GPU, Vulkan',
      install: '',
      selfTest: {
        passed: false,
        worstDifference: 0.21,
        sentence:
          'Two steps differ from plain JavaScript: encoder.blocks.0.norm2.weight after training by 2.1e-1, more than 0.01.',
      },
      secondsPerStep: null,
      isChosen: false,
      verdict: 'Not chosen: it fails its self-test.',
    },
    {
      name: 'onnx-cpu',
      isPresent: true,
      reason: 'Compiles each step to one graph; the fastest on a processor.',
      device: 'CPU',
      install: '',
      selfTest: sound('5.9e-6', 'encoder.blocks.0.norm2.weight after training'),
      secondsPerStep: 0.152,
      isChosen: true,
      verdict: 'Chosen by auto: 152 ms per step, 7.2 times as fast as onnx-wasm.',
    },
    {
      name: 'onnx-wasm',
      isPresent: true,
      reason: 'Compiles each step to one graph, in WebAssembly; for systems without a library of ONNX Runtime.',
      device: 'CPU',
      install: '',
      selfTest: sound('1.0e-5', 'decoder.blocks.0.norm1.weight after training'),
      secondsPerStep: 1.1,
      isChosen: false,
      verdict: 'Not chosen: 1.1 s per step; onnx-cpu takes 152 ms.',
    },
    {
      name: 'wasm',
      isPresent: true,
      reason: 'WebAssembly, kernel by kernel; works everywhere, slow.',
      device: 'CPU',
      install: '',
      selfTest: sound('2.9e-6', 'decoder.blocks.0.norm2.weight after training'),
      secondsPerStep: null,
      isChosen: false,
      verdict: 'Not chosen: more than 3 s per step.',
    },
    {
      name: 'cpu',
      isPresent: true,
      reason: 'Plain JavaScript; the reference to check the others against, very slow.',
      device: 'CPU',
      install: '',
      selfTest: {
        passed: true,
        worstDifference: 0,
        sentence: 'Two steps equal those of plain JavaScript to the last bit.',
      },
      secondsPerStep: null,
      isChosen: false,
      verdict: 'Not chosen: more than 3 s per step.',
    },
  ]
  return engines.map((engine) => ({ ...engine, triedAt }))
}

const fakeCard = (index: number, facts: Partial<CardStatus>): CardStatus => ({
  index,
  uuid: `GPU-${index}`,
  name: 'NVIDIA L4',
  driverVersion: '580.95.05',
  memoryBytes: 22.5 * 2 ** 30,
  usedMemoryBytes: 4 * 2 ** 20,
  computeCapability: '8.9',
  isExclusive: false,
  processes: [],
  heldBy: null,
  unavailable: null,
  ...facts,
})

/** A card that a run holds, a free one, and one that another program uses. */
export const fakeCards: CardStatus[] = [
  fakeCard(0, {
    usedMemoryBytes: 12 * 2 ** 30,
    heldBy: 'falls-small-1.distill',
    unavailable: 'is in use by the run falls-small-1.distill',
  }),
  fakeCard(1, {}),
  fakeCard(2, {
    usedMemoryBytes: 20 * 2 ** 30,
    unavailable: 'is in use by other programs (20.0 GiB of 22.5 GiB, process 4711)',
  }),
]
