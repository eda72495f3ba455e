import { parseArgs } from 'node:util'
import { engineChoice } from '#contract/engine.ts'
import type { HostTensor, NamedHostTensors, TrainingProgram } from '#training/engine/engine.ts'
import { createEngine, initialState } from '#training/engine/index.ts'
import { encodeGradients, recordGradients } from '#training/engine/onnx/training-graph.ts'
import { initializeParameters } from '#training/model/initialize.ts'
import { weightsOf } from '#training/model/parameters.ts'
import { cubes, gatherTokens, tokenCount } from '#training/model/patches.ts'
import { reconstructVideo, videoAutoencoderParameters, type VideoAutoencoderConfig } from '#training/model/video-autoencoder.ts'
import { pixelLoss, videoPixelTargets } from '#training/objective/pixel-targets.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'

/** Times whole training steps of a VideoMAE on random clips and prints one JSON line. */
const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'onnx-cpu' },
    width: { type: 'string', default: '192' },
    depth: { type: 'string', default: '12' },
    heads: { type: 'string', default: '3' },
    'decoder-width': { type: 'string', default: '96' },
    'decoder-depth': { type: 'string', default: '4' },
    'decoder-heads': { type: 'string', default: '3' },
    'image-size': { type: 'string', default: '112' },
    frames: { type: 'string', default: '16' },
    patch: { type: 'string', default: '16' },
    mask: { type: 'string', default: '0.9' },
    batch: { type: 'string', default: '4' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '15' },
  },
})

const model: VideoAutoencoderConfig = {
  width: Number(values.width),
  depth: Number(values.depth),
  heads: Number(values.heads),
  decoderWidth: Number(values['decoder-width']),
  decoderDepth: Number(values['decoder-depth']),
  decoderHeads: Number(values['decoder-heads']),
  imageSize: Number(values['image-size']),
  frames: Number(values.frames),
  patchSize: Number(values.patch),
  tubeletSize: 2,
}
const batch = Number(values.batch)
const times = model.frames / model.tubeletSize
const tokensPerTime = tokenCount(model) / times
const hiddenPerTime = Math.floor(Number(values.mask) * tokensPerTime)
const specs = videoAutoencoderParameters(model)

const program: TrainingProgram = {
  name: 'VideoMAE',
  inputs: {
    video: { shape: [batch, 3, model.frames, model.imageSize, model.imageSize], dtype: 'float32' },
    visible: { shape: [batch, times * (tokensPerTime - hiddenPerTime)], dtype: 'int32' },
    masked: { shape: [batch, times * hiddenPerTime], dtype: 'int32' },
  },
  groups: parameterGroups(specs, 0.05),
  optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient: 0 },
  loss(parameters, { video, visible, masked }) {
    const prediction = reconstructVideo(model, weightsOf(parameters), video!, visible!, masked!)
    return { loss: pixelLoss(prediction, videoPixelTargets(gatherTokens(cubes(video!, model), masked!), true)), outputs: {} }
  },
}

const indices = (numbers: number[]): HostTensor => ({ shape: [batch, numbers.length / batch], dtype: 'int32', data: Int32Array.from(numbers) })

/** A random clip and tube mask for each sample, made anew for each step as in training. */
function randomBatch(): NamedHostTensors {
  const { shape } = program.inputs.video!
  const video = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() * 2 - 1)
  const visible: number[] = []
  const masked: number[] = []
  for (let sample = 0; sample < batch; sample++) {
    const order = Array.from({ length: tokensPerTime }, (_, i) => i).toSorted(() => Math.random() - 0.5)
    for (const [picked, part] of [[masked, order.slice(0, hiddenPerTime)], [visible, order.slice(hiddenPerTime)]] as const) {
      const sorted = part.toSorted((a, b) => a - b)
      for (let time = 0; time < times; time++) picked.push(...sorted.map((token) => time * tokensPerTime + token))
    }
  }
  return { video: { shape, dtype: 'float32', data: video }, visible: indices(visible), masked: indices(masked) }
}

const parameters = initializeParameters(specs, () => ({ uniform: Math.random, normal: () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()) }))
const state = initialState(parameters, program.groups)
const engine = await createEngine(engineChoice.parse(values.engine), { threads: Number(values.threads) })
const opening = performance.now()
const session = await engine.training(program, state)
const setUpMs = performance.now() - opening
const inputs = [randomBatch(), randomBatch()]
const timesMs: number[] = []
let loss = 0
for (let step = 1; step <= Number(values.steps) + 2; step++) {
  const start = performance.now()
  loss = (await session.step(inputs[step % 2]!, 1e-4, step)).loss
  if (step > 2) timesMs.push(performance.now() - start)
}
timesMs.sort((a, b) => a - b)
const graph = engine.name === 'onnx-cpu' ? encodeGradients(program, recordGradients(program, state)) : undefined
const report = {
  engine: engine.description,
  parameters: Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0),
  tokens: tokenCount(model),
  nodes: graph?.nodeCount,
  graphBytes: graph?.bytes.length,
  setUpMs: Math.round(setUpMs),
  minMs: Number(timesMs[0]?.toFixed(1)),
  medianMs: Number(timesMs[timesMs.length >> 1]?.toFixed(1)),
  peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
  loss,
}
process.stdout.write(`${JSON.stringify(report)}\n`)
await session.dispose()
await engine.dispose()
