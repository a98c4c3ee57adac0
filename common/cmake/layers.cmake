# Who may depend on whom: the one table of the architecture. consilium_library() refuses a
# dependency that is missing here, and tests/lint holds the #include lines against it.
# Left: a target (its name is its folder's, see docs/architecture.md). Right: the targets of this project it may use.

set(CONSILIUM_LAYER_base        "")
set(CONSILIUM_LAYER_version     "")
set(CONSILIUM_LAYER_metrics     base)
set(CONSILIUM_LAYER_federation  base schedule metrics)
set(CONSILIUM_LAYER_schedule    base)
set(CONSILIUM_LAYER_storage     base)
set(CONSILIUM_LAYER_kernels     base)
set(CONSILIUM_LAYER_zip         base)
set(CONSILIUM_LAYER_tensor_file base federation storage zip)
set(CONSILIUM_LAYER_codec_zstd  base)
set(CONSILIUM_LAYER_codec       base federation kernels codec_zstd)
set(CONSILIUM_LAYER_security    base storage)
set(CONSILIUM_LAYER_nn_autocast "")
set(CONSILIUM_LAYER_nn          base federation storage tensor_file kernels nn_autocast)
set(CONSILIUM_LAYER_csv         base)
set(CONSILIUM_LAYER_data        base csv storage kernels)
set(CONSILIUM_LAYER_imaging     base data storage)
set(CONSILIUM_LAYER_training_cuda "")
set(CONSILIUM_LAYER_training    base federation metrics nn data kernels storage training_cuda)
set(CONSILIUM_LAYER_logging     base)
set(CONSILIUM_LAYER_proto       "")
set(CONSILIUM_LAYER_config      base federation schedule storage)
set(CONSILIUM_LAYER_wire        base schedule metrics federation proto)

set(CONSILIUM_LAYER_aggregator        base metrics federation schedule storage tensor_file codec)
set(CONSILIUM_LAYER_aggregator_sqlite base federation aggregator)
set(CONSILIUM_LAYER_aggregator_grpc   base federation aggregator wire proto security)
set(CONSILIUM_LAYER_aggregator_runs
    base federation storage tensor_file config security aggregator aggregator_sqlite)
set(CONSILIUM_LAYER_admin             base federation)
set(CONSILIUM_LAYER_admin_backup      base federation storage security)
set(CONSILIUM_LAYER_admin_grpc        base federation wire proto security admin)

set(CONSILIUM_LAYER_site      base federation schedule storage tensor_file codec nn data training)
set(CONSILIUM_LAYER_site_data base csv federation storage data imaging)
set(CONSILIUM_LAYER_site_grpc base federation storage wire proto security)

set(CONSILIUM_LAYER_simulations_statistics base metrics)
set(CONSILIUM_LAYER_simulations_results   base metrics simulations_statistics)
set(CONSILIUM_LAYER_simulations_report    base csv storage metrics simulations_results simulations_statistics)
set(CONSILIUM_LAYER_simulations_benchmark base federation nn data training simulations_results)
set(CONSILIUM_LAYER_simulations_synthetic base data storage)
set(CONSILIUM_LAYER_simulations_export    base data storage imaging simulations_synthetic)
set(CONSILIUM_LAYER_simulations
    base federation schedule metrics storage tensor_file codec nn data training aggregator site
    simulations_results simulations_report)
set(CONSILIUM_LAYER_simulations_cohort    base data imaging simulations_synthetic)
set(CONSILIUM_LAYER_simulations_processes
    base federation storage tensor_file config security data site simulations)
set(CONSILIUM_LAYER_simulations_sweep     base storage simulations_results)
set(CONSILIUM_LAYER_simulations_yaml      base federation config simulations_sweep)
set(CONSILIUM_LAYER_simulations_digest    base security)
set(CONSILIUM_LAYER_simulations_pictures
    base data simulations_synthetic simulations_cohort simulations_export)
