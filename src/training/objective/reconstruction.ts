import { imageNetDeviation, imageNetMean } from '../data/normalize.ts'
import { type ClipGeometry, cubeSize, gridOf } from '../model/patches.ts'
import { pixelEpsilon } from './pixel-targets.ts'

// Predictions as pixels, for pictures. Clips are [3, T, H, W], normalised by ImageNet's statistics, as arguments and as results; visible cubes
// are unchanged. `masked` lists the tokens of the rows of `predictions`.

/** Undoes `imagePixelTargets`: predictions [Nm, p·p·3]. Normalised predictions get mean and contrast of the true patch. */
export function reconstructedImage(
  image: Float32Array,
  geometry: ClipGeometry,
  masked: Int32Array,
  predictions: Float32Array,
  isNormalized: boolean,
): Float32Array {
  return fillMasked(image, geometry, masked, (patch, row) => {
    const prediction = channelsFirst(predictions.subarray(row * patch.length, (row + 1) * patch.length))
    if (!isNormalized) return prediction
    const { mean, variance } = momentsOf(patch)
    return prediction.map((value) => value * Math.sqrt(variance + pixelEpsilon) + mean)
  })
}

/** Undoes `videoPixelTargets`: predictions [Nm, t·p·p·3]. Normalised predictions get mean and contrast of each true channel. */
export function reconstructedVideo(
  clip: Float32Array,
  geometry: ClipGeometry,
  masked: Int32Array,
  predictions: Float32Array,
  isNormalized: boolean,
): Float32Array {
  return fillMasked(clip, geometry, masked, (cube, row) => {
    const prediction = channelsFirst(predictions.subarray(row * cube.length, (row + 1) * cube.length))
    return mapChannels(prediction, (values, channel) => {
      const deviation = imageNetDeviation[channel]
      const mean = imageNetMean[channel]
      if (!isNormalized) return values.map((value) => (value - mean) / deviation)
      const truth = momentsOf(channelOf(cube, channel).map((value) => value * deviation + mean))
      return values.map((value) => (value * (Math.sqrt(truth.variance) + pixelEpsilon) + truth.mean - mean) / deviation)
    })
  })
}

/** The clip with masked cubes in their true mean colour, which normalised pixel targets do not include. */
export const meanColours = (clip: Float32Array, geometry: ClipGeometry, masked: Int32Array): Float32Array =>
  fillMasked(clip, geometry, masked, (cube) => mapChannels(cube, (values) => values.fill(momentsOf(values).mean)))

/** The clip with masked cubes in ImageNet's mean colour, a grey. */
export const hidden = (clip: Float32Array, geometry: ClipGeometry, masked: Int32Array): Float32Array =>
  fillMasked(clip, geometry, masked, (cube) => cube.fill(0))

/** Replaces masked cubes. `fill` receives a copy of the cube in order channel, frame, row, column and returns the new one. */
function fillMasked(
  clip: Float32Array,
  geometry: ClipGeometry,
  masked: Int32Array,
  fill: (cube: Float32Array, row: number) => Float32Array,
): Float32Array {
  const filled = clip.slice()
  const cube = new Float32Array(cubeSize(geometry))
  masked.forEach((token, row) => {
    const indices = indicesOf(token, geometry)
    indices.forEach((position, index) => (cube[index] = clip[position] ?? 0))
    fill(cube, row).forEach((value, index) => (filled[indices[index] ?? 0] = value))
  })
  return filled
}

/** Indices of a token's numbers in a clip, in order channel, frame, row, column. */
function indicesOf(token: number, geometry: ClipGeometry): Int32Array {
  const { frames, tubeletSize, imageSize, patchSize } = geometry
  const [, rows, columns] = gridOf(geometry)
  const firstFrame = Math.floor(token / (rows * columns)) * tubeletSize
  const firstRow = (Math.floor(token / columns) % rows) * patchSize
  const firstColumn = (token % columns) * patchSize
  const indices = new Int32Array(cubeSize(geometry))
  let index = 0
  for (let channel = 0; channel < 3; channel++) {
    for (let frame = firstFrame; frame < firstFrame + tubeletSize; frame++) {
      for (let row = firstRow; row < firstRow + patchSize; row++) {
        const start = ((channel * frames + frame) * imageSize + row) * imageSize + firstColumn
        for (let column = 0; column < patchSize; column++) indices[index++] = start + column
      }
    }
  }
  return indices
}

function channelsFirst(values: Float32Array): Float32Array {
  const positions = values.length / 3
  return Float32Array.from(values, (_, index) => values[(index % positions) * 3 + Math.floor(index / positions)] ?? 0)
}

const channelOf = (cube: Float32Array, channel: number): Float32Array =>
  cube.slice((channel * cube.length) / 3, ((channel + 1) * cube.length) / 3)

function mapChannels(
  cube: Float32Array,
  map: (values: Float32Array, channel: 0 | 1 | 2) => Float32Array,
): Float32Array {
  const mapped = new Float32Array(cube.length)
  for (const channel of [0, 1, 2] as const)
    mapped.set(map(channelOf(cube, channel), channel), (channel * cube.length) / 3)
  return mapped
}

/** Mean and unbiased variance. */
function momentsOf(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { mean, variance }
}
