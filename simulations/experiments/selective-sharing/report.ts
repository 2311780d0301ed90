import type { Section } from '../../laboratory/experiment.ts';
import { accuracySections } from './report-accuracy.ts';
import { exposureSections } from './report-exposure.ts';
import { privacySections } from './report-privacy.ts';
import type { SharingResults } from './results.ts';

const METHOD = [
  'Each participant holds its own images. In its turn it downloads the share θ_d of the parameters that were updated most often at the server, trains for one epoch, and uploads the share θ_u of the changes, each bounded to [−γ, γ]; the server adds them.',
  'The accuracy of a shared training is that of the global parameters on the 10 000 test images of MNIST: what every participant has once it downloads everything. All trainings of a run begin with the same parameters, and participant i holds the same images whatever N is.',
  'As in the paper: the networks, their sizes, the images of a participant, the sharing, SGD without momentum. Otherwise than in the paper: a larger learning rate and steps of several images, as the settings say, so that a training takes minutes; rectifiers in both networks; pixels from 0 to 1, not standardised. Above 100 participants of 600 images, MNIST is dealt out a second time, so that some images have two holders.',
].join('\n\n');

/** What report.html shows. */
export function report(results: SharingResults): readonly Section[] {
  return [
    { title: 'What was done', blocks: [{ kind: 'text', text: METHOD }] },
    ...accuracySections(results),
    ...privacySections(results),
    ...exposureSections(results),
  ];
}
