import type { ContractTexts } from '../../shape.ts'

/** Descriptions of the presets in `resources/presets`. */
export default {
  'For a laptop without a graphics card: a vision transformer of width 96 on crops of 64 px.':
    '适合没有显卡的笔记本电脑：在 64 px 的裁剪上使用宽度 96 的 Vision Transformer。',
  'Sized for a teacher ablation with three seeds on the built-in dataset and two CPU cores: about an hour.':
    '适合在内置数据集上用两个 CPU 核心做三个种子的教师消融：约一小时。',
  'Sized for the built-in dataset and two CPU cores: all five stages in a few minutes.':
    '按内置数据集和两个 CPU 核心设定大小：五个阶段在几分钟内完成。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 80.6 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：80.6 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 70.7 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：70.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 81.0 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：81.0 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 70.9 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：70.9 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 82.7 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：82.7 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 72.5 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：72.5 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since MVD publishes no recipe. Published top-1, pre-trained on Kinetics-400: 97.0 %.':
    '公开的蒸馏；MVD 没有公开配方，因此微调采用 VideoMAE 在 UCF101 上的配方。公开的 top-1（在 Kinetics-400 上预训练）：97.0 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since no recipe is published. Published top-1, pre-trained on Kinetics-400: 76.4 %.':
    '公开的蒸馏；没有公开的配方，因此微调采用 VideoMAE 在 UCF101 上的配方。公开的 top-1（在 Kinetics-400 上预训练）：76.4 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 83.4 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：83.4 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 73.7 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：73.7 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since MVD publishes no recipe. Published top-1, pre-trained on Kinetics-400: 97.5 %.':
    '公开的蒸馏；MVD 没有公开配方，因此微调采用 VideoMAE 在 UCF101 上的配方。公开的 top-1（在 Kinetics-400 上预训练）：97.5 %。',
  'The published distillation; fine-tuning as VideoMAE does on UCF101, since no recipe is published. Published top-1, pre-trained on Kinetics-400: 79.7 %.':
    '公开的蒸馏；没有公开的配方，因此微调采用 VideoMAE 在 UCF101 上的配方。公开的 top-1（在 Kinetics-400 上预训练）：79.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 86.0 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：86.0 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 76.1 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：76.1 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 86.4 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：86.4 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 76.7 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：76.7 %。',
  'The published distillation and its fine-tuning on Kinetics-400. Published top-1: 87.3 %.':
    '公开的蒸馏及其在 Kinetics-400 上的微调。公开的 top-1：87.3 %。',
  'The published distillation and its fine-tuning on Something-Something v2. Published top-1, pre-trained on Kinetics-400: 77.3 %.':
    '公开的蒸馏及其在 Something-Something v2 上的微调。公开的 top-1（在 Kinetics-400 上预训练）：77.3 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 79.0 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：79.0 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 66.8 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：66.8 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 81.5 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：81.5 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 70.8 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：70.8 %。',
  'The published VideoMAE recipe for UCF101 alone, pre-training and fine-tuning. Published top-1: 91.3 %.':
    '仅用 UCF101 预训练和微调的公开 VideoMAE 配方。公开的 top-1：91.3 %。',
  'HMDB51 alone with the VideoMAE recipe of UCF101, since no other is published. Published top-1: 62.6 %.':
    '仅用 HMDB51；没有其他公开配方，因此采用 VideoMAE 在 UCF101 上的配方。公开的 top-1：62.6 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 85.2 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：85.2 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 74.3 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：74.3 %。',
  'The baseline: a VideoMAE fine-tuned as the students of MVD are. Published top-1: 86.6 %.':
    '基准：与 MVD 的学生同样微调的 VideoMAE。公开的 top-1：86.6 %。',
} satisfies ContractTexts
