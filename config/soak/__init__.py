"""The soak test: batches made by real processes that are killed meanwhile, then an audit (`manage.py soak`, `bench --suite soak`)."""
