/** The extension's icon: a padlock that takes the theme's colour. */
import { LabIcon } from '@jupyterlab/ui-components';

const svgstr =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">' +
  '<path class="jp-icon3" fill="#616161" fill-rule="evenodd" d="M5 6V4.5a3 3 0 0 1 6 0V6h.5A1.5 1.5 0 0 1 13 7.5v5' +
  'a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 12.5v-5A1.5 1.5 0 0 1 4.5 6H5zm1.5 0h3V4.5a1.5 1.5 0 0 0-3 0V6z' +
  'M8 8.5a1 1 0 0 0-.5 1.87V12h1v-1.63A1 1 0 0 0 8 8.5z"/></svg>';

/** A padlock. */
export const lockIcon = new LabIcon({ name: 'thoth:lock', svgstr });
