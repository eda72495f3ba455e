import type { FeatureSimilarity, LearningCurve, SeedMean } from '#contract/experiment/result.ts'
import { type Start, startNames } from '#contract/stages/starts.ts'
import type { MeanLine, MeanPoint } from './mean-chart.ts'
import { startTitle } from './texts.ts'

/** A start has the same colour in every chart. */
const styleOf = (start: Start): number => startNames.indexOf(start)

const pointAt = (x: number, { mean, interval, seeds }: SeedMean, factor: number): MeanPoint[] =>
  mean === null ? [] : [{ x, mean: mean * factor, interval: interval === null ? null : interval * factor, seeds }]

/** Top-1 in percent over labels per class. Neither a label set without a tested seed has a point, nor one without labels. */
export const curveLines = ({ starts }: LearningCurve): MeanLine[] =>
  starts.map(({ start, points }) => ({
    name: startTitle(start),
    style: styleOf(start),
    points: points.flatMap(({ labelsPerClass, top1 }) =>
      labelsPerClass > 0 ? pointAt(labelsPerClass, top1, 100) : [],
    ),
  }))

/** Cosine over the distance in tubelets, from 1 on: at a distance of 0 it is 1 for every model. */
export const similarityLines = (similarities: readonly FeatureSimilarity[]): MeanLine[] =>
  similarities.map(({ start, distances }) => ({
    name: startTitle(start),
    style: styleOf(start),
    points: distances.flatMap(({ tubelets, cosine }) => (tubelets === 0 ? [] : pointAt(tubelets, cosine, 1))),
  }))
