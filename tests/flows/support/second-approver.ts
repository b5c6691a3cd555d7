/** The sample tenant with a second person in finance: some tests want two who may decide the same request. */
import { type Directory, sampleDirectory, sampleGroups, sampleId } from '../../../infra/local/entra/directory.ts';

export const directoryWithFrank: Directory = {
  ...sampleDirectory,
  users: [
    ...sampleDirectory.users,
    {
      name: 'frank',
      displayName: 'Frank Foster',
      objectId: sampleId('b7'),
      principalName: `frank@${sampleDirectory.domain}`,
      groups: [sampleGroups.finance],
      isGuest: false,
    },
  ],
};
