import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { windowPlugins } from './build/window.ts'
import { softwareVulkan } from './test/support/software-vulkan.ts'

const limits = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'studio',
          include: ['test/**/*.test.ts'],
          exclude: ['test/renderer/**'],
          globalSetup: 'test/support/videos/setup.ts',
          provide: { engines: { compiled: ['onnx-cpu', 'onnx-wasm'], eager: ['wasm', 'cpu'] } },
          // Engine trials of tests do not go to the user's cache.
          env: { XDG_CACHE_HOME: join(tmpdir(), 'mvd-studio-tests') },
          ...limits,
        },
      },
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
