import { StudioError, type ErrorCode } from '#contract/api/errors.ts'

interface Explanation {
  /** Numbers of `cudaError_t` in CUDA 13 (`driver_types.h`). */
  readonly numbers: readonly number[]
  /** The same error in messages without a number, of cuBLAS, cuDNN or the driver. */
  readonly text?: RegExp
  readonly code: ErrorCode
  readonly message: (program: string) => string
  readonly hint: string
}

const resume = 'Saved checkpoints are intact: resume the run to continue from the last one.'
const otherEngine = 'or choose another engine'

const explanations: readonly Explanation[] = [
  {
    numbers: [2],
    text: /CU(BLAS|DNN)_STATUS_ALLOC_FAILED|CUBLAS_STATUS_NOT_INITIALIZED/,
    code: 'out-of-memory',
    message: (program) => `There is not enough memory on the graphics card for '${program}'.`,
    hint: 'Lower the batch size, the number of frames or the size of the model.',
  },
  {
    numbers: [34],
    code: 'engine-unavailable',
    message: () => 'The library of the NVIDIA driver is a stub, which only serves to build programs.',
    hint: `Install the NVIDIA driver, and take folders named "stubs" out of LD_LIBRARY_PATH, ${otherEngine}.`,
  },
  {
    numbers: [35, 36],
    text: /driver version is insufficient/i,
    code: 'engine-unavailable',
    message: () =>
      'The NVIDIA driver is missing or too old: CUDA 13 needs driver 580 or newer, CUDA 12 driver 525 or newer.',
    hint: `Update the driver (nvidia-smi shows its version), ${otherEngine}.`,
  },
  {
    numbers: [46],
    text: /busy or unavailable/i,
    code: 'engine-unavailable',
    message: () => 'The graphics card is busy or unavailable: another process uses it alone, or its use is prohibited.',
    hint: `Wait until the other process ends, or set the compute mode of the card to Default (nvidia-smi -c 0), ${otherEngine}.`,
  },
  {
    numbers: [100],
    text: /no CUDA-capable device/i,
    code: 'engine-unavailable',
    message: () => 'CUDA finds no graphics card.',
    hint: `Check that nvidia-smi lists the card and that CUDA_VISIBLE_DEVICES, if it is set, names one. In a container, pass the card to it. Or choose another engine.`,
  },
  {
    numbers: [101],
    text: /invalid device ordinal/i,
    code: 'engine-unavailable',
    message: () => 'There is no graphics card with the requested number.',
    hint: 'Use the number of a card that CUDA_VISIBLE_DEVICES leaves visible, counted from 0; nvidia-smi lists all cards.',
  },
  {
    numbers: [200, 209, 218, 222, 223],
    text: /no kernel image|CU(BLAS|DNN)_STATUS_ARCH_MISMATCH/i,
    code: 'engine-unavailable',
    message: () => 'ONNX Runtime was not built for the architecture of this graphics card.',
    hint: `With CUDA 13 it supports the compute capabilities 7.5, 8.0, 8.6, 8.9, 9.0 and 12.0 (nvidia-smi --query-gpu=compute_cap --format=csv). Use another card, ${otherEngine}.`,
  },
  {
    numbers: [214, 220],
    text: /uncorrectable (ECC|NVLink)/i,
    code: 'engine-unavailable',
    message: (program) =>
      `The graphics card reported a memory error that it could not correct, while computing '${program}'.`,
    hint: `${resume} If it happens again, reset or replace the card (nvidia-smi -q -d ECC shows its errors).`,
  },
  {
    numbers: [802],
    code: 'engine-unavailable',
    message: () => 'The graphics cards are not ready: the service that connects them does not run.',
    hint: `Start it (systemctl start nvidia-fabricmanager), ${otherEngine}.`,
  },
  {
    numbers: [803, 804],
    code: 'engine-unavailable',
    message: () => 'The NVIDIA driver and its library are of different versions.',
    hint: `Restart the computer after an update of the driver, ${otherEngine}.`,
  },
  {
    numbers: [226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 999],
    text: /GPU is lost|fallen off the bus|illegal memory access|unspecified launch failure|CUBLAS_STATUS_EXECUTION_FAILED|CUDNN_STATUS_EXECUTION_FAILED/i,
    code: 'engine-unavailable',
    message: (program) => `The graphics card stopped while it computed '${program}'.`,
    hint: `${resume} If it happens again, look for "NVRM: Xid" in the system's log (dmesg), update the driver, ${otherEngine}.`,
  },
]

/**
 * An error of CUDA in a message of ONNX Runtime (`CUDA failure 35: CUDA driver version is insufficient … ; GPU=0 ; … ; expr=cudaSetDevice(…)`) as
 * a sentence; undefined if the message is no known error of CUDA.
 */
export function explainCudaError(program: string, cause: Error): StudioError | undefined {
  const { message } = cause
  const found = /CUDA (?:failure|error) (\d+)/i.exec(message)
  const known =
    found === null
      ? explanations.find(({ text }) => text?.test(message) === true)
      : explanations.find(({ numbers }) => numbers.includes(Number(found[1])))
  if (known !== undefined) return new StudioError(known.code, known.message(program), known.hint, { cause })
  if (found === null) return undefined
  return new StudioError(
    'engine-unavailable',
    `CUDA failed while it computed '${program}': ${message.split(' ; ')[0] ?? message}`,
    `${resume} If it happens again, update the NVIDIA driver, ${otherEngine}.`,
    { cause },
  )
}
