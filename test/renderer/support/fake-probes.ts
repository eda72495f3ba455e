import { chanceOf, probeMethods, type ProbeRecord, type ProbeRequest } from '#contract/domain/probe.ts'
import { modelOfTask } from '#contract/stages/index.ts'
import { type FakeDataset, minutesAgo, presetNamed, shapes } from './fake-data.ts'

/** Cosine similarities that fall with the distance in time, down to `lowest`. */
const fading = (lowest: number): number[][] =>
  Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => 1 - ((1 - lowest) * Math.abs(i - j)) / 7))

/** A probe of a fake checkpoint. */
export function fakeProbe(
  { model, methods, neighbours }: ProbeRequest,
  dataset: FakeDataset,
  labels: string,
  facts: Partial<ProbeRecord> = {},
): ProbeRecord {
  const { clip, distill } = presetNamed('demo').configuration
  const classes = dataset.labelSets.find(({ name }) => name === labels)?.classes.length ?? 1
  const count = (split: string) =>
    dataset.samples.filter((sample) => sample.split === split && typeof sample.labels[labels] === 'number').length
  const videos = { train: count('train'), validation: count('validation'), test: count('test') }
  return {
    version: 1,
    id: `${model}.1`,
    createdAt: minutesAgo(30),
    model,
    sha256: dataset.digest,
    description: modelOfTask({ stage: 'distill', configuration: distill }, clip, null),
    dataset: { name: dataset.name, digest: dataset.digest, labels },
    notes: [],
    clip,
    engine: 'ONNX Runtime 1.30.0, CPU, 8 threads',
    classes,
    videos,
    trainingVideosByClass: Array.from({ length: classes }, () => Math.floor(videos.train / classes)),
    leftOut: [],
    knn: methods.includes('knn')
      ? { neighbours: Math.min(neighbours, videos.train), temperature: 0.07, top1: 0.5125, top5: 0.9 }
      : null,
    linear: methods.includes('linear')
      ? { weightDecay: 0.01, isChosenOnValidation: true, iterations: 41, top1: 0.625, top5: 0.9625 }
      : null,
    attentive: methods.includes('attentive')
      ? {
          learningRate: 0.005,
          weightDecay: 1,
          isChosenOnValidation: true,
          settings: 6,
          iterations: 400,
          batchSize: 64,
          trainingLoss: 0.021,
          top1: 0.7125,
          top5: 0.975,
        }
      : null,
    chance: chanceOf(classes),
    frameSimilarity: fading(0.62),
    durationMs: 14_300,
    ...facts,
  }
}

const earlier = (model: string, labels: string, facts: Partial<ProbeRecord>) =>
  fakeProbe({ model, dataset: shapes.name, methods: [...probeMethods], neighbours: 20 }, shapes, labels, facts)

/** Probes that exist when the window opens. */
export const fakeProbes = (): ProbeRecord[] => [
  earlier('shapes-demo-distill@420', 'appearance', {
    id: 'shapes-demo-distill@420.2',
    createdAt: minutesAgo(20),
    knn: { neighbours: 20, temperature: 0.07, top1: 0.8125, top5: 1 },
  }),
  earlier('shapes-demo-distill@420', 'motion', {}),
  earlier('shapes-demo-video-teacher@420', 'motion', {
    createdAt: minutesAgo(40),
    linear: { weightDecay: 0.1, isChosenOnValidation: true, iterations: 37, top1: 0.55, top5: 0.9375 },
    // As a record of an earlier version.
    attentive: null,
    trainingVideosByClass: [],
    frameSimilarity: fading(0.48),
  }),
  earlier('shapes-demo-image-teacher@240', 'motion', {
    createdAt: minutesAgo(50),
    knn: { neighbours: 20, temperature: 0.07, top1: 0.15, top5: 0.6625 },
    linear: null,
    attentive: null,
    frameSimilarity: fading(0.93),
  }),
]
