import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { windowPlugins } from './build/window.ts'
import { softwareVulkan } from './test/support/software-vulkan.ts'

/** Engine trials and compiled modules of the processes that tests start are cached here, not in the user's cache. */
const cache = join(tmpdir(), 'mvd-studio-tests')

/** Tests of functions without state. They share a process, which saves two thirds of their time: most of it is loading modules. */
const pure = ['test/contract/**/*.test.ts', 'test/training/{data,objective,model}/**/*.test.ts']

const limits = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

export default defineConfig({
  test: {
    // One file at a time would leave a core of two idle while a test waits for its processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'studio',
          include: ['test/**/*.test.ts'],
          exclude: ['test/renderer/**', ...pure],
          globalSetup: 'test/support/videos/setup.ts',
          provide: { engines: { compiled: ['onnx-cpu', 'onnx-wasm'], eager: ['wasm', 'cpu'] } },
          // Half of the time of a short command is compiling its modules.
          env: {
            XDG_CACHE_HOME: cache,
            NODE_COMPILE_CACHE: join(cache, 'compiled'),
            // For tests that load ONNX Runtime's package themselves.
            ORT_DISABLE_TELEMETRY: '1',
          },
          ...limits,
        },
      },
      { test: { name: 'functions', include: pure, isolate: false, ...limits } },
      {
        test: {
          name: 'webgpu',
          include: [
            'test/training/engine/{kernels,training,accumulation,failures,lifetime}.test.ts',
            'test/training/engine/run/onnx/providers/graphics-card.test.ts',
          ],
          provide: { engines: { compiled: ['onnx-webgpu'], eager: [] } },
          env: softwareVulkan(),
          globalSetup: 'test/support/software-vulkan.ts',
          ...limits,
        },
      },
      {
        plugins: windowPlugins(import.meta.dirname),
        test: { name: 'window', include: ['test/renderer/**/*.test.ts'], ...limits },
      },
    ],
  },
})
